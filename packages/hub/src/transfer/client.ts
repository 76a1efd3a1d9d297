import { setTimeout as pause } from "node:timers/promises";
import { parseJson } from "@sweetspot/artifact";
import { hubEndpoint, hubToken, isOffline } from "./environment.ts";
import { describe, PassingError, refusal, type Subject } from "./hub-error.ts";

/** How the Hub is spoken to. */
export interface HubOptions {
  /** Is given whole lines: how far a long transfer is, what is waited for. Never the token. */
  log?: (line: string) => void;
  /**
   * Within how many milliseconds something must come of a transfer, 64 KiB or its end, or else it counts
   * as broken; by default 30 s.
   */
  stallMs?: number;
  /** Waits, in milliseconds, before another try; tests give one that does not. */
  wait?: (ms: number) => Promise<unknown>;
}

/** A connection to the Hub about one repository. */
export interface HubClient {
  endpoint: string;
  hasToken: boolean;
  stallMs: number;
  log: (line: string) => void;
  wait: (ms: number) => Promise<unknown>;
  /** A text of a server's without the token in it. */
  redact(text: string): string;
  /**
   * One exchange: redirects followed, the token sent to the Hub alone.
   *
   * @throws PassingError where another try may help
   * @throws HubError for a refusal
   */
  exchange(url: string, init: RequestInit, subject: Subject): Promise<Response>;
}

const tries = 5;
const longestWaitMs = 300_000;
const longestAnswer = 64 << 20;
/** How long an answer may take, in times of `stallMs`: 5 minutes by default. */
const longestAnswerStalls = 10;
const withoutNetwork =
  "check the network; HF_HUB_OFFLINE=1 uses what the cache holds, and the path of a folder needs no network";

/** @throws Error if the environment forbids the network or makes no sense */
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
          `${describe(subject)}: HF_HUB_OFFLINE forbids to ask ${endpoint}; unset it`,
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
 * A fetch for the functions of @huggingface/hub, which itself tries nothing twice, waits for ever on a
 * server that says nothing, and follows a listing's next page to whatever host it names with the token.
 * What it reads is read whole; what it writes is repeated only where that cannot commit twice.
 */
export function libraryFetch(client: HubClient, subject: Subject): typeof fetch {
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const method = init.method ?? "GET";
    // An upload's answer comes when all of it has been sent: minutes for a large file.
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

/** All that the library reads here is JSON; a login page of some network is not. */
function checkJson(
  { redact }: Pick<HubClient, "redact">,
  body: Buffer,
  url: string,
  subject: Subject,
): void {
  try {
    parseJson(body.toString(), "answer");
  } catch (cause) {
    // The token may stand across the 80th byte.
    const got = JSON.stringify(redact(body.toString("utf8", 0, 1000)).slice(0, 80));
    throw new Error(
      `${describe(subject)}: expected JSON from ${new URL(url).host}, got ${got}; check HF_ENDPOINT and the network`,
      { cause },
    );
  }
}

/**
 * Repeats what may pass: five tries in a row that come no further, with 1, 2, 4 and 8 seconds between
 * them unless the server names another time.
 *
 * @param broken whether a broken connection and a 5xx are tried again; a 429 always is
 */
export async function persist<T>(
  { log, wait }: Pick<HubClient, "log" | "wait">,
  attempt: () => Promise<T>,
  broken = true,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      failures = error.progress ? 1 : failures + 1;
      if (!broken && error.afterMs === undefined)
        throw new Error(`${error.message}; ${error.fix}`, { cause: error });
      if (failures === tries)
        throw new Error(`${error.message}, ${tries} times in a row; ${error.fix}`, {
          cause: error,
        });
      const ms = error.afterMs ?? 1000 * 2 ** (failures - 1);
      log(`${error.message}; trying again in ${Math.ceil(ms / 1000)} s`);
      await wait(ms);
    }
  }
}

const stalled = "StallError";

/** Whether a transfer broke: fetch says so by a TypeError, {@link watch} by its own. */
export function isBroken(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof Error && error.name === stalled);
}

/** As much as must come in the time in which a transfer may not stall: 2 KiB a second by default. */
const leastBytes = 64 << 10;

/** A signal that aborts when too little has come for a while, so that no drip keeps a transfer alive. */
export function watch(ms: number): {
  signal: AbortSignal;
  touch(bytes: number): void;
  stop(): void;
} {
  const controller = new AbortController();
  let come = 0;
  const abort = () => {
    const time = ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
    const reason = new Error(come === 0 ? `no byte for ${time}` : `only ${come} bytes in ${time}`);
    reason.name = stalled;
    controller.abort(reason);
  };
  let timer = setTimeout(abort, ms);
  return {
    signal: controller.signal,
    touch(bytes) {
      come += bytes;
      if (come < leastBytes) return;
      come = 0;
      clearTimeout(timer);
      timer = setTimeout(abort, ms);
    },
    stop: () => clearTimeout(timer),
  };
}

/** The bytes of an answer as they come; none if it has no body. */
export function bodyOf(response: Response): AsyncIterable<Uint8Array> | Uint8Array[] {
  return response.body ?? [];
}

/** The error for a connection that failed or broke: its message names the cause, not the address's query. */
function connectionError(subject: Subject, url: string, cause: unknown): PassingError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = (inner as NodeJS.ErrnoException | undefined)?.code;
  const why = code ?? (inner instanceof Error ? inner.message : String(inner));
  const { host } = new URL(url);
  return new PassingError(
    `${describe(subject)}: expected an answer of ${host}, got none (${why})`,
    withoutNetwork,
    { cause },
  );
}

/**
 * Node's fetch keeps all of a body in memory so as to send it again after a redirect (undici 6 and 7
 * clone the request unless it has just these), and what is put has gigabytes. No store redirects a PUT.
 */
const asStream = { redirect: "error", window: null } as const;

/**
 * Redirects are followed here and not by fetch, for what fetch sends on to another host differs between
 * its versions, and the token is for the Hub alone. A token that is not the Hub's stays (of uploads' own).
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
      `${where}: ${who} answered ${status} and asks to wait ${Math.ceil(asked / 1000)} s; run again then${status === 429 ? ", or set HF_TOKEN, with which it allows more" : ""}`,
    );
  const fix =
    status === 429
      ? "run again later, or set HF_TOKEN, with which it allows more"
      : "run again later";
  return new PassingError(`${where}: ${who} answered ${status}`, fix, {
    afterMs: asked ?? (status === 429 ? 10_000 : undefined),
  });
}

/** `Retry-After` in milliseconds: it comes in seconds or as a date. */
function retryAfterMs(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** What the server says is wrong, in one short line. */
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

/** fetch has decoded the body; its old length and encoding would be wrong of the new one. */
function plain(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of ["Content-Encoding", "Content-Length", "Transfer-Encoding"]) kept.delete(name);
  return kept;
}
