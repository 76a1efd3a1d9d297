/** A small Hub on this machine, for tests: the parts of its API that the library calls, and its failures. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256 } from "@sweetspot/artifact";

/** A repository to serve, at one commit that `main` is at. */
export interface ServedRepository {
  type: "model" | "dataset";
  /** `ORG/NAME` or `NAME`. */
  name: string;
  /** Content by path; a path may be hostile. */
  files: Record<string, Uint8Array | string>;
  /** Who can read it: everyone (default), holders of the token, or nobody until the terms are accepted. */
  access?: "public" | "private" | "gated";
  /** Branches and tags other than `main`, all at the same commit. */
  revisions?: readonly string[];
}

/** A request that the server received. */
export interface ServedRequest {
  /** Whether it went to the Hub, or to the store for large files on another port. */
  host: "hub" | "store";
  method: string;
  /** Path and query. */
  url: string;
  range: string | undefined;
  authorization: string | undefined;
}

/** What the server does instead of a proper answer. */
export type Misbehaviour =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** The connection ends after so many bytes of the body. */
  | { cutAfter: number }
  /** Nothing comes after so many bytes of the body, and the connection stays open. */
  | { stallAfter: number }
  /** The connection ends before any answer. */
  | "drop"
  /** No answer comes, and the connection stays open. */
  | "silence"
  /** The whole file, whatever `Range` says. */
  | "ignore-range"
  /** Different bytes of the same length. */
  | "wrong-bytes"
  /** The file and one more byte, without a length. */
  | "too-long"
  /** Anything that a hostile server may do. */
  | {
      /** Answers in its own way. */
      answer: (request: IncomingMessage, response: ServerResponse) => unknown;
    };

/** A running server. */
export interface HubServer {
  /** The address for `HF_ENDPOINT`. */
  endpoint: string;
  /** The address of the store for large files. */
  store: string;
  /** Every request so far, in order. */
  requests: readonly ServedRequest[];
  /**
   * Makes the server misbehave for the next requests whose method and URL (`GET /ORG/NAME/resolve/…`)
   * match.
   *
   * @param times how many requests; Infinity for all
   */
  misbehave(match: RegExp, misbehaviour: Misbehaviour, times?: number): void;
  /** The commit of a repository's `main`. */
  commitOf(name: string, type?: "model" | "dataset"): string;
  /** The files of a repository's `main`, uploads included; undefined if there is no such repository. */
  filesOf(name: string, type?: "model" | "dataset"): Record<string, Uint8Array> | undefined;
  /** The titles of uploaded commits. */
  titlesOf(name: string): readonly string[];
  /** Closes every connection and frees the port. */
  close(): Promise<void>;
}

interface Hosted {
  type: "model" | "dataset";
  name: string;
  access: "public" | "private" | "gated";
  main: string;
  branches: string[];
  commits: Map<string, Map<string, Buffer>>;
  titles: string[];
}

/**
 * Serves repositories on a free port of this machine.
 *
 * `token` can read private repositories and write; without one nobody can. Files from `largeFrom` bytes
 * on are in the store for large files, behind a redirect to another port, named by their sha256; from
 * `partSize` bytes on they are uploaded in parts of that size. A page of a listing has `pageSize` files.
 */
export async function startHubServer(
  repositories: readonly ServedRepository[],
  {
    token,
    largeFrom = 1000,
    partSize = Infinity,
    pageSize = 1000,
  }: { token?: string; largeFrom?: number; partSize?: number; pageSize?: number } = {},
): Promise<HubServer> {
  const requests: ServedRequest[] = [];
  const scripted: { match: RegExp; misbehaviour: Misbehaviour; times: number }[] = [];
  const store = new Map<string, Buffer>();
  const hosted = repositories.map((r) => host(r, store, largeFrom));
  const find = (type: string, name: string) =>
    hosted.find((r) => r.type === type && r.name === name);

  const next = (address: string): Misbehaviour | undefined => {
    const script = scripted.find(({ match, times }) => times > 0 && match.test(address));
    if (script === undefined) return undefined;
    script.times--;
    return script.misbehaviour;
  };

  const listen = (which: "hub" | "store", answer: (call: Call) => unknown): Promise<Server> => {
    const server = createServer((request, response) => {
      const { method = "GET", url = "/" } = request;
      const { range, authorization } = request.headers;
      requests.push({ host: which, method, url, range, authorization });
      const address = new URL(url, "http://localhost");
      const misbehaviour = next(`${method} ${url}`);
      const call: Call = { request, response, method, address, misbehaviour };
      if (misbehaviour === "silence") return;
      if (misbehaviour === "drop") request.socket.destroy();
      else if (typeof misbehaviour === "object" && "answer" in misbehaviour)
        misbehaviour.answer(request, response);
      else if (typeof misbehaviour === "object" && "status" in misbehaviour)
        response
          .writeHead(misbehaviour.status, misbehaviour.headers)
          .end(misbehaviour.body ?? "an error page");
      else
        Promise.resolve(answer(call)).catch((error: unknown) =>
          json(call, 500, { error: String(error) }),
        );
    });
    return new Promise((ready) => {
      server.listen(0, "127.0.0.1", () => ready(server));
    });
  };

  const storeServer = await listen("store", async (call) => {
    const oid = call.address.pathname.slice(1);
    if (call.method === "PUT") {
      const body = await read(call.request);
      const part = call.address.searchParams.get("part");
      if (part !== null) {
        store.set(`${oid}/${part}`, body);
        return call.response.writeHead(200, { ETag: `"part-${part}"` }).end();
      }
      if (sha256(body) !== oid) return refuse(call, 400, undefined, "not the bytes of that name");
      store.set(oid, body);
      return call.response.writeHead(200, { ETag: '"of-the-store"' }).end();
    }
    const content = store.get(oid);
    if (content === undefined) return refuse(call, 404);
    // Like S3's ETag: not the sha256.
    return send(call, content, { ETag: '"of-the-store"' });
  });
  const storeAddress = addressOf(storeServer);

  const hubServer: Server = await listen("hub", async (call) => {
    const { method, request } = call;
    const path = call.address.pathname;
    const bearer = request.headers.authorization?.replace(/^Bearer /, "");
    if (bearer !== undefined && bearer !== token)
      return refuse(call, 401, undefined, "Invalid credentials in Authorization header");
    const mayWrite = bearer !== undefined;

    if (method === "POST" && path === "/api/repos/create") {
      if (!mayWrite) return refuse(call, 401);
      const { name, organization, visibility } = JSON.parse(
        String(await read(request)),
      ) as CreateRequest;
      const full = `${organization}/${name}`;
      if (find("model", full)) return refuse(call, 409, undefined, "You already created this");
      const access = visibility === "private" ? "private" : "public";
      hosted.push(host({ type: "model", name: full, files: {}, access }, store, largeFrom));
      return json(call, 200, { url: `${addressOf(hubServer)}/${full}`, id: full });
    }

    if (method === "POST" && path === "/complete") {
      const { oid, parts } = JSON.parse(String(await read(request))) as CompleteRequest;
      const whole = parts.map(({ partNumber, etag }) =>
        etag === `"part-${partNumber}"` ? store.get(`${oid}/${partNumber}`) : undefined,
      );
      const content = Buffer.concat(whole.filter((part) => part !== undefined));
      if (sha256(content) !== oid) return refuse(call, 400, undefined, "a part is missing");
      store.set(oid, content);
      return json(call, 200, {});
    }

    const route =
      /^\/api\/(?<type>model|dataset)s\/(?<name>.+?)\/(?<what>revision|tree|preupload|commit)\/(?<revision>[^/]+)$/.exec(
        path,
      ) ??
      /^\/(?<type>datasets\/)?(?<name>.+?)\/(?<what>resolve)\/(?<revision>[^/]+)\/(?<file>.+)$/.exec(
        path,
      ) ??
      /^\/(?<name>.+?)\.git\/info\/lfs\/objects\/(?<what>batch)$/.exec(path);
    const { type = "model", name = "", what, revision = "main", file } = route?.groups ?? {};
    const repository = find(type.replace(/s\/$/, ""), name);
    // Without a token, the Hub does not reveal which private repositories exist.
    if (repository === undefined || (repository.access === "private" && !mayWrite))
      return refuse(call, mayWrite ? 404 : 401, "RepoNotFound", "Repository not found");
    const writes = method === "POST";
    if (writes && !mayWrite) return refuse(call, 403);

    if (what === "preupload") {
      const { files } = JSON.parse(String(await read(request))) as PreuploadRequest;
      const modes = files.map(({ path, size }) => ({
        path,
        uploadMode: size >= largeFrom ? "lfs" : "regular",
      }));
      return json(call, 200, { files: modes });
    }
    if (what === "batch") {
      const { objects } = JSON.parse(String(await read(request))) as BatchRequest;
      return json(call, 200, {
        transfer: "basic",
        objects: objects.map(({ oid, size }) => {
          if (store.has(oid)) return { oid, size };
          const href = `${storeAddress}/${oid}`;
          if (size < partSize) return { oid, size, actions: { upload: { href } } };
          const numbers = Array.from({ length: Math.ceil(size / partSize) }, (_, i) => i + 1);
          const parts = Object.fromEntries(numbers.map((n) => [n, `${href}?part=${n}`]));
          const header = { chunk_size: String(partSize), ...parts };
          const upload = { href: `${addressOf(hubServer)}/complete`, header };
          return { oid, size, actions: { upload } };
        }),
      });
    }
    if (what === "commit") {
      const commit = take(repository, String(await read(request)), store);
      if (commit === undefined) return refuse(call, 400, undefined, "a large file is missing");
      const commitUrl = `${addressOf(hubServer)}/${name}/commit/${commit}`;
      return json(call, 200, { success: true, commitOid: commit, commitUrl, hookOutput: "" });
    }

    const asked = decodeURIComponent(revision);
    const isMain = asked === "HEAD" || repository.branches.includes(asked);
    const commit = isMain ? repository.main : asked;
    const files = repository.commits.get(commit);
    if (files === undefined) return refuse(call, 404, "RevisionNotFound", "Invalid rev id");
    if (what === "revision") return json(call, 200, { _id: "1", id: name, sha: commit });
    if (what === "tree") {
      const start = Number(call.address.searchParams.get("cursor") ?? 0);
      const entries = [...files].map(([path, content]) => entry(path, content, largeFrom));
      const page = entries.slice(start, start + pageSize);
      const more = start + pageSize < entries.length;
      const url = `${addressOf(hubServer)}${path}?recursive=true&cursor=${start + pageSize}`;
      return json(call, 200, page, more ? { Link: `<${url}>; rel="next"` } : {});
    }
    if (repository.access === "gated")
      return refuse(call, mayWrite ? 403 : 401, "GatedRepo", `Access to ${name} is restricted`);
    const content = files.get(decodeURIComponent(file ?? ""));
    if (content === undefined) return refuse(call, 404, "EntryNotFound", "Entry not found");
    const about = { "X-Repo-Commit": commit };
    if (content.length < largeFrom)
      return send(call, content, { ...about, ETag: `"${gitHash(content)}"` });
    const oid = sha256(content);
    return call.response
      .writeHead(302, {
        ...about,
        "X-Linked-Etag": `"${oid}"`,
        "X-Linked-Size": content.length,
        Location: `${storeAddress}/${oid}?signature=secret`,
      })
      .end();
  });

  return {
    endpoint: addressOf(hubServer),
    store: storeAddress,
    requests,
    misbehave(match, misbehaviour, times = 1) {
      scripted.push({ match, misbehaviour, times });
    },
    commitOf: (name, type = "model") => find(type, name)?.main ?? "",
    filesOf(name, type = "model") {
      const repository = find(type, name);
      const files = repository?.commits.get(repository.main);
      return files && Object.fromEntries(files);
    },
    titlesOf: (name) => find("model", name)?.titles ?? [],
    async close() {
      const servers = [hubServer, storeServer];
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise((done) => {
            server.close(done);
          });
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  method: string;
  address: URL;
  misbehaviour: Misbehaviour | undefined;
}

interface CreateRequest {
  name: string;
  organization: string;
  visibility?: string;
}

interface PreuploadRequest {
  files: { path: string; size: number }[];
}

interface BatchRequest {
  objects: { oid: string; size: number }[];
}

interface CompleteRequest {
  oid: string;
  parts: { partNumber: number; etag: string }[];
}

/** Sends a file, or the part that `Range` asks for, with the misbehaviour asked for. */
async function send(
  { request, response, misbehaviour }: Call,
  content: Buffer,
  headers: Record<string, string>,
): Promise<void> {
  const [, from] = /^bytes=(\d+)-/.exec(request.headers.range ?? "") ?? [];
  const partly = from !== undefined && misbehaviour !== "ignore-range";
  const start = partly ? Number(from) : 0;
  const range = (text: string) => ({
    ...headers,
    "Content-Range": `bytes ${text}/${content.length}`,
  });
  if (partly && start >= content.length) {
    response.writeHead(416, range("*")).end();
    return;
  }
  const body =
    misbehaviour === "wrong-bytes"
      ? Buffer.from(content.subarray(start).map((byte) => byte ^ 1))
      : content.subarray(start);
  const length = misbehaviour === "too-long" ? {} : { "Content-Length": body.length };
  response.writeHead(partly ? 206 : 200, {
    ...(partly ? range(`${start}-${content.length - 1}`) : headers),
    ...length,
  });
  const cut = typeof misbehaviour === "object" && "cutAfter" in misbehaviour;
  const stall = typeof misbehaviour === "object" && "stallAfter" in misbehaviour;
  const end = cut ? misbehaviour.cutAfter : stall ? misbehaviour.stallAfter : body.length;
  const sent = new Promise((done) => {
    response.write(body.subarray(0, end), done);
  });
  if (stall) return;
  await sent;
  if (cut) request.socket.end();
  else response.end(misbehaviour === "too-long" ? "x" : undefined);
}

function host(served: ServedRepository, store: Map<string, Buffer>, largeFrom: number): Hosted {
  const { type, name, access = "public", revisions = [] } = served;
  const files = new Map(
    Object.entries(served.files).map(([path, content]) => [path, Buffer.from(content)]),
  );
  for (const content of files.values())
    if (content.length >= largeFrom) store.set(sha256(content), content);
  const main = commitHash(name, files);
  const commits = new Map([[main, files]]);
  return { type, name, access, main, branches: ["main", ...revisions], commits, titles: [] };
}

/** Applies a commit in the Hub's format, one JSON value per line; undefined if a large file is missing from the store. */
function take(repository: Hosted, body: string, store: Map<string, Buffer>): string | undefined {
  const files = new Map(repository.commits.get(repository.main));
  for (const line of body.split("\n")) {
    const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> };
    const { path = "", content = "", oid = "", summary = "" } = value;
    if (key === "header") repository.titles.push(summary);
    if (key === "file") files.set(path, Buffer.from(content, "base64"));
    if (key === "lfsFile") {
      const large = store.get(oid);
      if (large === undefined) return undefined;
      files.set(path, large);
    }
  }
  repository.main = commitHash(repository.name, files);
  repository.commits.set(repository.main, files);
  return repository.main;
}

function entry(path: string, content: Buffer, largeFrom: number): object {
  const size = content.length;
  if (size < largeFrom) return { type: "file", path, size, oid: gitHash(content) };
  const lfs = { oid: sha256(content), size, pointerSize: 134 };
  return { type: "file", path, size, oid: gitHash(Buffer.from(lfs.oid)), lfs };
}

function json(
  { response, misbehaviour }: Call,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...headers, "Content-Type": "application/json" });
  if (typeof misbehaviour === "object" && "stallAfter" in misbehaviour) response.write("[");
  else response.end(JSON.stringify(value));
}

function refuse(call: Call, status: number, code?: string, error = "refused"): void {
  const named = code === undefined ? {} : { "X-Error-Code": code };
  json(call, status, { error }, { ...named, "X-Error-Message": error });
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function addressOf(server: Server): string {
  // A server that listens on a port has this kind of address.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Git's hash of a file. */
export function gitHash(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function commitHash(name: string, files: Map<string, Buffer>): string {
  const hash = createHash("sha1").update(name);
  for (const [path, content] of files) hash.update(`\0${path}\0${gitHash(content)}`);
  return hash.digest("hex");
}
