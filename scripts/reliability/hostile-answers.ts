import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { gitHash, type HubServer, type Misbehaviour } from "@sweetspot/hub/testing";

/** The requested repository, and the token of the request. */
export const name = "org/model";
export const token = "hf_hostileSecret";
export const config = '{ "hidden_size": 4 }';
/** Large enough for the store. */
export const weights: Uint8Array = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) & 255);

/** One way in which a Hub may be hostile. */
export interface HostileCase {
  title: string;
  /** The listing, the commit of `main`, or files by their names, one after the other. */
  ask: "files" | "revision" | readonly string[];
  /** Files in addition to config.json and model.bin. */
  files?: Readonly<Record<string, string>>;
  /** Instead of the existing commit. */
  revision?: string;
  /** `either` if it depends on the system; an answer must always be right. By default an error. */
  ends?: "error" | "answer" | "either";
  prepare?(server: HubServer): void;
}

export const listing = /^GET \/api\/models\/org\/model\/tree/;
export const revision = /^GET \/api\/models\/org\/model\/revision/;
export const small = /^GET .*\/resolve\/.*config\.json/;
export const large = /^GET \/[0-9a-f]{64}/;

type Answer = (response: ServerResponse, url: string) => unknown;

/** Gives an answer to every matching request. */
export const always = (match: RegExp, answer: Answer) => (server: HubServer) =>
  server.misbehave(match, answering(answer), Infinity);
export function answering(answer: Answer): Misbehaviour {
  return { answer: (request, response) => answer(response, request.url ?? "/") };
}
export const says = (match: RegExp, misbehaviour: Misbehaviour) => (server: HubServer) =>
  server.misbehave(match, misbehaviour, Infinity);

export const entry = (path: unknown, more: object = {}) => ({
  type: "file",
  path,
  size: 1,
  oid: gitHash(Buffer.from("x")),
  ...more,
});
export const json =
  (body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response
      .writeHead(200, { "Content-Type": "application/json", ...headers })
      .end(JSON.stringify(body));
export const text =
  (body: string | Uint8Array, headers: Record<string, string | number> = {}): Answer =>
  (response) =>
    response.writeHead(200, headers).end(body);

/** A listing without end, whose pages are a function of their number. */
export const pages = (
  page: (n: number) => unknown[],
  next: (n: number) => number,
): ((s: HubServer) => void) => {
  return (server) => {
    always(listing, (response, url) => {
      const at = new URL(url, server.endpoint);
      const n = Number(at.searchParams.get("cursor") ?? 0);
      at.searchParams.set("cursor", String(next(n)));
      json(page(n), { Link: `<${at.href}>; rel="next"` })(response, url);
    })(server);
  };
};

/** One byte every 20 ms, forever: never silent for long, and never done. */
export const drip =
  (headers: Record<string, string | number>, first = ""): Answer =>
  (response) => {
    response.writeHead(200, headers).write(first);
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  };

/** As many bytes as the client takes, forever. */
export const flood: Answer = (response) => {
  response.writeHead(200);
  const chunk = Buffer.alloc(1 << 16, 32);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
};

export const bomb = gzipSync(Buffer.alloc(80 << 20, 32));
export const redirect = (Location: string): Misbehaviour => ({
  status: 302,
  headers: { Location },
});
