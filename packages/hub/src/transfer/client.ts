import { setTimeout as pause } from "node:timers/promises";
import { parseJson } from "@sweetspot/artifact";
import { hubEndpoint, hubToken, isOffline } from "./environment.ts";
import { describe, PassingError, refusal, type Subject } from "./hub-error.ts";
import { isBroken, persist, watch } from "./persist.ts";

/** Options of every call to the Hub. */
export interface HubOptions {
  /** Called with whole lines: the progress of a long transfer, or what it waits for. Never the token. */
  log?: (line: string) => void;
  /**
   * A transfer counts as broken if neither 64 KiB nor its end arrives within this many milliseconds;
   * 30 s by default.
   */
  stallMs?: number;
  /** Waits before a retry, in milliseconds; tests pass one that returns at once. */
  wait?: (ms: number) => Promise<unknown>;
}

/** A connection to the Hub. */
export interface HubClient {
  endpoint: string;
  hasToken: boolean;
  stallMs: number;
  log: (line: string) => void;
  wait: (ms: number) => Promise<unknown>;
  /** A server's text with the token masked. */
  redact(text: string): string;
  /**
   * One request: follows redirects, and sends the token only to the Hub.
   *
   * @throws PassingError if a retry may help
   * @throws HubError for a refusal
   */
  exchange(url: string, init: RequestInit, subject: Subject): Promise<Response>;
}

const longestWaitMs = 300_000;
const longestAnswer = 64 << 20;
/** How long an answer may take, in multiples of `stallMs`: 5 minutes by default. */
const longestAnswerStalls = 10;
const withoutNetwork =
  "check the network, set HF_HUB_OFFLINE=1 to use the cache only, or give the path of a folder, which needs no network";

/** Opens a connection, configured by the environment. @throws RangeError if the environment is invalid */
export async function connect(options: HubOptions): Promise<HubClient> {
  const endpoint = hubEndpoint();
  const token = isOffline() ? undefined : await hubToken();
  const redact = (text: string) => (token === undefined ? text : text.replaceAll(token, "***"));
  return {
    endpoint,
    hasToken: token !== undefined,
    stallMs: options.stallMs ?? 30_000,
    log: (line) => options.log?.(redact(line)),
    wait: options.wait ?? pause,
    redact,
    async exchange(url, init, subject) {
      if (isOffline())
        throw new Error(
          `${describe(subject)}: HF_HUB_OFFLINE forbids requests to ${endpoint}; unset it`,
        );
      const response = await follow(url, init, { endpoint, token }, subject).catch(
        (error: unknown) => {
          throw isBroken(error) ? connectionError(subject, url, error) : error;
        },
      );
      if (response.ok) return response;
      const { status, headers } = response;
      const said = redact(await whatItSaid(response));
      const { host, origin } = new URL(response.url);
      const who =
        origin === new URL(endpoint).origin ? "the Hub" : `${host}, where the Hub keeps files,`;
      if (status === 429 || status >= 500) throw busy(subject, who, status, headers);
      const code = headers.get("X-Error-Code");
      throw refusal(subject, { who, status, code, said, endpoint, hasToken: token !== undefined });
    },
  };
}

/**
 * A `fetch` for the functions of @huggingface/hub. On its own the library never retries, waits forever
 * for a silent server, and sends the token to whatever host a listing names for its next page. Reads are
 * buffered whole and retried; writes are retried only where that cannot commit twice.
 */
export function libraryFetch(client: HubClient, subject: Subject): typeof fetch {
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const method = init.method ?? "GET";
    // The answer to an upload comes after all of it was sent: minutes for a large file.
    if (method !== "GET")
      return persist(client, () => client.exchange(url, init, subject), method === "PUT");
    return persist(client, async () => {
      const stall = watch(client.stallMs);
      const started = performance.now();
      try {
        const response = await client.exchange(url, { ...init, signal: stall.signal }, subject);
        const { status, headers } = response;
        const chunks: Uint8Array[] = [];
        let length = 0;
        for await (const chunk of bodyOf(response)) {
          stall.touch(chunk.length);
          chunks.push(chunk);
          length += chunk.length;
          if (performance.now() - started > longestAnswerStalls * client.stallMs)
            throw new Error(
              `${describe(subject)}: the Hub's answer takes longer than ${(longestAnswerStalls * client.stallMs) / 1000} s; run again later`,
            );
          if (length > longestAnswer)
            throw new RangeError(
              `${describe(subject)}: the Hub's answer is longer than ${longestAnswer >> 20} MiB`,
            );
        }
        const body = Buffer.concat(chunks);
        checkJson(client, body, url, subject);
        return new Response(body, { status, headers: plain(headers) });
      } catch (error) {
        throw isBroken(error) ? connectionError(subject, url, error) : error;
      } finally {
        stall.stop();
      }
    });
  };
}

/** The library only reads JSON here; a network's login page is not JSON. */
function checkJson(
  { redact }: Pick<HubClient, "redact">,
  body: Buffer,
  url: string,
  subject: Subject,
): void {
  try {
    parseJson(body.toString(), "answer");
  } catch (cause) {
    // Mask first: the token may straddle the 80th byte.
    const got = JSON.stringify(redact(body.toString("utf8", 0, 1000)).slice(0, 80));
    throw new Error(
      `${describe(subject)}: expected JSON from ${new URL(url).host}, got ${got}; check HF_ENDPOINT and the network`,
      { cause },
    );
  }
}

/** The bytes of an answer as they arrive; none if it has no body. */
export function bodyOf(response: Response): AsyncIterable<Uint8Array> | Uint8Array[] {
  return response.body ?? [];
}

/** The error for a connection that failed or broke. It names the cause, and leaves out the URL's query. */
function connectionError(subject: Subject, url: string, cause: unknown): PassingError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = (inner as NodeJS.ErrnoException | undefined)?.code;
  const why = code ?? (inner instanceof Error ? inner.message : String(inner));
  const { host } = new URL(url);
  return new PassingError(
    `${describe(subject)}: expected an answer from ${host}, got none (${why})`,
    withoutNetwork,
    { cause },
  );
}

/**
 * Options for a PUT, whose body may have gigabytes. Node's fetch keeps a body in memory to resend it
 * after a redirect (undici 6 and 7 clone the request unless it has exactly these options). No store
 * redirects a PUT.
 */
const asStream = { redirect: "error", window: null } as const;

/**
 * Follows redirects itself, because versions of fetch differ in what they send on to another host, and
 * the token is for the Hub alone. A token other than the Hub's (uploads have their own) is kept.
 */
async function follow(
  url: string,
  init: RequestInit,
  { endpoint, token }: { endpoint: string; token: string | undefined },
  subject: Subject,
): Promise<Response> {
  let at = new URL(url);
  for (let hops = 0; hops <= 5; hops++) {
    if (!/^https?:$/.test(at.protocol) || at.username !== "" || at.password !== "")
      throw redirectError(subject, at.username === "" ? at.protocol : "an address with a user");
    const headers = new Headers(init.headers);
    const own = token === undefined ? undefined : `Bearer ${token}`;
    if (at.origin === new URL(endpoint).origin) {
      if (own !== undefined) headers.set("Authorization", own);
    } else if (headers.get("Authorization") === own) headers.delete("Authorization");
    const how = init.method === "PUT" ? asStream : ({ redirect: "manual" } as const);
    const response = await fetch(at, { ...init, headers, ...how });
    const location = response.headers.get("Location");
    const { status } = response;
    const same = status === 307 || status === 308;
    const moved = same || status === 301 || status === 302 || status === 303;
    if (!moved || location === null) return response;
    if (!same && (init.method ?? "GET") !== "GET") return response;
    await response.body?.cancel();
    if (!URL.canParse(location, at.href)) throw redirectError(subject, "no address");
    at = new URL(location, at);
  }
  throw new Error(`${describe(subject)}: expected an answer, got 6 redirects; check HF_ENDPOINT`);
}

function redirectError(subject: Subject, to: string): Error {
  return new Error(
    `${describe(subject)}: expected a redirect to http(s), got one to ${to}; check HF_ENDPOINT`,
  );
}

function busy(subject: Subject, who: string, status: number, headers: Headers): Error {
  const where = describe(subject);
  const asked = retryAfterMs(headers.get("Retry-After"));
  if (asked !== undefined && asked > longestWaitMs)
    return new Error(
      `${where}: ${who} answered ${status} and asks to wait ${Math.ceil(asked / 1000)} s; run again then${status === 429 ? ", or set HF_TOKEN for a higher limit" : ""}`,
    );
  const fix =
    status === 429 ? "run again later, or set HF_TOKEN for a higher limit" : "run again later";
  return new PassingError(`${where}: ${who} answered ${status}`, fix, {
    afterMs: asked ?? (status === 429 ? 10_000 : undefined),
  });
}

/** `Retry-After` in milliseconds; the header holds seconds or a date. */
function retryAfterMs(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** The server's own error message, in one short line. */
async function whatItSaid(response: Response): Promise<string> {
  const header = response.headers.get("X-Error-Message");
  const text = await beginning(response).catch(() => "");
  const [, inBody] = /"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  const said = header ?? inBody ?? "";
  return said.replace(/\s+/g, " ").slice(0, 300);
}

async function beginning(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of bodyOf(response)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 4096) break;
  }
  return text;
}

/** The headers without length and encoding, which are wrong for the body that fetch has decoded. */
function plain(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of ["Content-Encoding", "Content-Length", "Transfer-Encoding"]) kept.delete(name);
  return kept;
}
