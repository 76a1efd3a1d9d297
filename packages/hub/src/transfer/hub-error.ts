/** An answer of the Hub that is no success. */
export class HubError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** What may pass: a connection that broke, a server that is busy. {@link persist} tries again. */
export class PassingError extends Error {
  /** What to do if it does not pass. */
  readonly fix: string;
  /** How long to wait, in milliseconds, if the server said so. */
  readonly afterMs: number | undefined;
  /** Whether the try before it came a good piece further. */
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

/** What a request was about, for the errors. */
export interface Subject {
  type: "model" | "dataset";
  name: string;
  revision?: string | undefined;
  file?: string | undefined;
  /** What is to be done with it. */
  to: "read" | "write";
}

/** How errors and log lines call what a request is about. */
export function describe({ name, revision, file }: Subject): string {
  return `${name}${revision === undefined ? "" : `@${revision}`}${file === undefined ? "" : `: ${file}`}`;
}

/** The page of a repository. */
export function pageOf(endpoint: string, { type, name }: Pick<Subject, "type" | "name">): string {
  return `${endpoint}/${type === "model" ? "" : "datasets/"}${name}`;
}

interface Answer {
  /** "the Hub", or the store that it redirects to. */
  who: string;
  status: number;
  /** The Hub's own names for what is wrong: `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`. */
  code: string | null;
  /** What the server said, if anything. */
  said: string;
  endpoint: string;
  hasToken: boolean;
}

/**
 * The error for an answer that trying again will not change.
 *
 * The Hub says 401, not 404, of a repository that is not there to those without a token, so as not to
 * tell which private ones there are: see `hf_raise_for_status` in huggingface_hub 1.0.
 */
export function refusal(subject: Subject, answer: Answer): HubError {
  const { status, endpoint, hasToken } = answer;
  const said = answer.said === "" ? "" : ` ("${answer.said}")`;
  const page = pageOf(endpoint, subject);
  const tokens = `${endpoint}/settings/tokens`;
  const tell = (what: string) =>
    new HubError(`${describe(subject)}: ${answer.who} answered ${status}${said}${what}`, status);
  if (answer.who !== "the Hub") return tell("; run again later");
  if (answer.code === "GatedRepo")
    return tell(
      `: ${subject.name} is gated; accept its terms at ${page}, then set HF_TOKEN to a token of that account (${tokens})`,
    );
  if (status === 401)
    return tell(
      hasToken
        ? `: it does not take the token; make a new one at ${tokens} and set HF_TOKEN to it`
        : `: no such ${subject.type}, or a private or gated one; check the name at ${page}, or set HF_TOKEN to a token of an account that may read it (${tokens})`,
    );
  if (status === 403)
    return tell(
      subject.to === "write"
        ? `: the token in HF_TOKEN may not write there; make one that may at ${tokens}`
        : `: ${hasToken ? "the token in HF_TOKEN may not read it" : "it needs a token in HF_TOKEN"}; accept its terms at ${page} if it is gated, or make a token that may read it at ${tokens}`,
    );
  if (status === 404 && answer.code === "RevisionNotFound")
    return tell(
      `: no revision "${subject.revision ?? "main"}" of ${subject.name}; see its branches and tags at ${page}/tree/main`,
    );
  if (status === 404 && answer.code === "EntryNotFound")
    return tell(`: no such file; see ${page}/tree/${subject.revision ?? "main"}`);
  if (status === 404)
    return tell(`: no such ${subject.type}; check the name at ${endpoint}/${subject.type}s`);
  return tell(subject.to === "write" ? "; nothing was committed" : `; see ${page}`);
}
