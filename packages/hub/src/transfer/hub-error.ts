/** The Hub refused a request. */
export class HubError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** A failure that may be temporary: a broken connection, a busy server. {@link persist} retries it. */
export class PassingError extends Error {
  /** What to do if retries do not help. */
  readonly fix: string;
  /** How many milliseconds the server asked to wait. */
  readonly afterMs: number | undefined;
  /** Whether the failed attempt made real progress. */
  readonly progress: boolean;

  constructor(
    message: string,
    fix: string,
    more: { afterMs?: number | undefined; progress?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.fix = fix;
    this.afterMs = more.afterMs;
    this.progress = more.progress ?? false;
  }
}

/** What a request is about, for errors and log lines. */
export interface Subject {
  type: "model" | "dataset";
  name: string;
  revision?: string | undefined;
  file?: string | undefined;
  /** What the request does. */
  to: "read" | "write";
}

/** A subject's name in errors and log lines. */
export function describe({ name, revision, file }: Subject): string {
  return `${name}${revision === undefined ? "" : `@${revision}`}${file === undefined ? "" : `: ${file}`}`;
}

/** The web page of a repository. */
export function pageOf(endpoint: string, { type, name }: Pick<Subject, "type" | "name">): string {
  return `${endpoint}/${type === "model" ? "" : "datasets/"}${name}`;
}

interface Answer {
  /** "the Hub", or the store that it redirects to. */
  who: string;
  status: number;
  /** The Hub's error code: `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`. */
  code: string | null;
  /** The server's own message; may be empty. */
  said: string;
  endpoint: string;
  hasToken: boolean;
}

/**
 * The error for an answer that a retry will not change.
 *
 * Without a token, the Hub answers 401 rather than 404 for a missing repository, so as not to reveal
 * which private ones exist: see `hf_raise_for_status` in huggingface_hub 1.0.
 */
export function refusal(subject: Subject, answer: Answer): HubError {
  const { status, endpoint, hasToken } = answer;
  const said = answer.said === "" ? "" : ` ("${answer.said}")`;
  const page = pageOf(endpoint, subject);
  const tokens = `${endpoint}/settings/tokens`;
  const error = (what: string) =>
    new HubError(`${describe(subject)}: ${answer.who} answered ${status}${said}${what}`, status);
  if (answer.who !== "the Hub") return error("; run again later");
  if (answer.code === "GatedRepo")
    return error(
      `: ${subject.name} is gated; accept its terms at ${page}, then set HF_TOKEN to a token of that account (${tokens})`,
    );
  if (status === 401)
    return error(
      hasToken
        ? `: it does not accept the token; make a new one at ${tokens} and set HF_TOKEN to it`
        : `: no such ${subject.type}, or a private or gated one; check the name at ${page}, or set HF_TOKEN to a token of an account that can read it (${tokens})`,
    );
  if (status === 403)
    return error(
      subject.to === "write"
        ? `: the token in HF_TOKEN has no write access; make one that has at ${tokens}`
        : `: ${hasToken ? "the token in HF_TOKEN has no access to it" : "it needs a token in HF_TOKEN"}; accept its terms at ${page} if it is gated, or make a token that can read it at ${tokens}`,
    );
  if (status === 404 && answer.code === "RevisionNotFound")
    return error(
      `: ${subject.name} has no revision "${subject.revision ?? "main"}"; see its branches and tags at ${page}/tree/main`,
    );
  if (status === 404 && answer.code === "EntryNotFound")
    return error(`: no such file; see ${page}/tree/${subject.revision ?? "main"}`);
  if (status === 404)
    return error(`: no such ${subject.type}; check the name at ${endpoint}/${subject.type}s`);
  return error(subject.to === "write" ? "; nothing was committed" : `; see ${page}`);
}
