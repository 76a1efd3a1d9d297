import { deepEqual, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "@sweetspot/artifact";
import { afterEach, beforeEach, expect, it } from "vitest";
import { badBlobs } from "./testing/bad-blobs.ts";
import { gitHash, type HubServer, startHubServer } from "./testing/hub-server.ts";
import { temporaryCache } from "../test/temporary-cache.ts";
import type { HubOptions } from "./transfer/client.ts";
import { openHub } from "./open-hub.ts";

const home = temporaryCache();
const token = "hf_geheim";
const name = "org/model";

/** Bytes that repeat nowhere near: a piece at the wrong place changes the hash. */
function bytes(length: number, seed = 1): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length }, () => (x = (x * 48_271) % 2_147_483_647) & 255);
}

const config = '{ "hidden_size": 4 }';
const weights = bytes(300_000);
const half = 150_000;

let server: HubServer;
let lines: string[];
let waits: number[];
beforeEach(async () => {
  server = await startHubServer(
    [
      {
        type: "model",
        name,
        files: { "config.json": config, "onnx/model #1.onnx": weights, "model.bin": weights },
      },
      { type: "dataset", name: "org/data", files: { "train.csv": "text\n", "empty.txt": "" } },
      { type: "model", name: "org/evil", files: { "a.txt": "a", "../../../evil.txt": "evil" } },
      { type: "model", name: "org/windows", files: { "..\\evil.txt": "evil" } },
      { type: "model", name: "org/gated", files: { "a.txt": "a" }, access: "gated" },
      { type: "model", name: "org/private", files: { "model.bin": weights }, access: "private" },
    ],
    { token, pageSize: 2 },
  );
  process.env["HF_ENDPOINT"] = server.endpoint;
  lines = [];
  waits = [];
});
afterEach(async () => {
  await server.close();
  // After each test: no bad blob; the token is in no line, and went to no other host.
  deepEqual(await badBlobs(home()), []);
  ok(!lines.join().includes(token));
  deepEqual(
    server.requests.filter((r) => r.host === "store" && r.authorization !== undefined),
    [],
  );
});

const options: HubOptions = {
  log: (line) => lines.push(line),
  wait: async (ms) => waits.push(ms),
};
function open(repository = name, type: "model" | "dataset" = "model", more: HubOptions = {}) {
  const revision = server.commitOf(repository, type);
  return openHub({ type, name: repository, revision }, { ...options, ...more });
}
const folder = (repository = name) =>
  join(home(), "hub", `models--${repository.replace("/", "--")}`);
const blobs = () => readdir(join(folder(), "blobs"));
const ranges = (host: string) =>
  server.requests.filter((r) => r.host === host).map(({ range }) => range);

it("lists the files over all pages of the listing", async () => {
  expect(await open().files()).toEqual(["config.json", "model.bin", "onnx/model #1.onnx"]);
  expect(await open("org/data", "dataset").files()).toEqual(["empty.txt", "train.csv"]);
});

it("fetches small and large files into the layout of Python's tools, each once", async () => {
  const repository = open();
  const small = await repository.path("config.json");
  const large = await repository.path("onnx/model #1.onnx");
  const commit = server.commitOf(name);
  expect(repository.name).toBe(`${name}@${commit}`);
  expect(small).toBe(join(folder(), "snapshots", commit, "config.json"));
  expect(await readFile(small, "utf8")).toBe(config);
  expect(await readlink(small)).toBe(`../../blobs/${gitHash(Buffer.from(config))}`);
  expect(sha256(await readFile(large))).toBe(sha256(weights));
  expect(await readlink(large)).toBe(`../../../blobs/${sha256(weights)}`);
  // The same bytes under another name.
  const asked = server.requests.length;
  expect(sha256(await readFile(await repository.path("model.bin")))).toBe(sha256(weights));
  expect(await open().path("model.bin")).toBe(await repository.path("model.bin"));
  expect(server.requests).toHaveLength(asked);
  expect(await blobs()).toHaveLength(2);
});

it("fetches a data set's file, and an empty one", async () => {
  const data = open("org/data", "dataset");
  expect(await readFile(await data.path("train.csv"), "utf8")).toBe("text\n");
  expect(await data.path("empty.txt")).toContain("datasets--org--data/snapshots/");
  expect(await readFile(await data.path("empty.txt"), "utf8")).toBe("");
});

it("a revision that is not a commit is refused", () => {
  expect(() => openHub({ type: "model", name, revision: "main" })).toThrow(
    'openHub: expected the 40 hex digits of a commit of org/model, got "main"',
  );
});

it("a cut transfer resumes where it ended", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { cutAfter: half });
  const path = await open().path("model.bin");
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  const [first, second] = ranges("store");
  expect(first).toBeUndefined();
  const [, from] = /^bytes=(\d+)-$/.exec(second ?? "") ?? [];
  expect(Number(from)).toBeGreaterThan(0);
  expect(Number(from)).toBeLessThanOrEqual(half);
  expect(lines.join()).toMatch(/model\.bin: the transfer broke off after \d+ of 300000 bytes/);
});

it("the next process resumes what one left when it gave up", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { cutAfter: half });
  server.misbehave(/GET \/[0-9a-f]{64}/, "drop", 4);
  await expect(open().path("model.bin")).rejects.toThrow(/org\/model@.*: model\.bin: .*5 times/);
  expect(existsSync(join(folder(), "snapshots"))).toBe(false);
  expect(await blobs()).toEqual([`${sha256(weights)}.sweetspot.incomplete`]);
  const before = ranges("store").length;
  expect(sha256(await readFile(await open().path("model.bin")))).toBe(sha256(weights));
  expect(ranges("store").slice(before)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  expect(await blobs()).toEqual([sha256(weights)]);
});

it("resumes from an incomplete file of Python's tools, which stays", async () => {
  await mkdir(join(folder(), "blobs"), { recursive: true });
  const theirs = `${sha256(weights)}.incomplete`;
  await writeFile(join(folder(), "blobs", theirs), weights.subarray(0, 1234));
  await open().path("model.bin");
  expect(ranges("store")).toEqual(["bytes=1234-"]);
  expect((await blobs()).toSorted()).toEqual([sha256(weights), theirs]);
});

it("a server that ignores Range sends the whole file, and the file is right", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { cutAfter: half });
  server.misbehave(/GET \/[0-9a-f]{64}/, "ignore-range");
  expect(sha256(await readFile(await open().path("model.bin")))).toBe(sha256(weights));
});

it("if the server cannot resume, the whole file is fetched", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { cutAfter: half });
  server.misbehave(/GET \/[0-9a-f]{64}/, { status: 416 });
  expect(sha256(await readFile(await open().path("model.bin")))).toBe(sha256(weights));
  expect(ranges("store")).toEqual([undefined, expect.stringMatching(/^bytes=/), undefined]);
});

it("a server that cuts every transfer is given up", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { cutAfter: 0 }, Infinity);
  await expect(open().path("model.bin")).rejects.toThrow("5 times in a row");
  expect(ranges("store")).toHaveLength(5);
});

it("a stalled transfer is aborted and resumed", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { stallAfter: half });
  expect(
    sha256(await readFile(await open(name, "model", { stallMs: 200 }).path("model.bin"))),
  ).toBe(sha256(weights));
  expect(lines.join()).toContain("no byte for 200 ms");
  expect(ranges("store")[1]).toMatch(/^bytes=[1-9]/);
});

it("a silent server is asked again", async () => {
  server.misbehave(/resolve/, "silence");
  await open(name, "model", { stallMs: 200 }).path("config.json");
  expect(lines.join()).toMatch(
    /config\.json: expected an answer from .*, got none \(no byte for 200/,
  );
});

it.each(["config.json", "model.bin"])("wrong bytes for %s once: fetched again", async (file) => {
  server.misbehave(/GET \/([0-9a-f]{64}|.*config\.json)/, "wrong-bytes");
  await open().path(file);
  expect(lines.join()).toMatch(/expected (sha256|git's sha1) \w+, got \w+; fetching it again/);
});

it.each(["config.json", "model.bin"])("wrong bytes for %s twice: an error", async (file) => {
  server.misbehave(/GET \/([0-9a-f]{64}|.*config\.json)/, "wrong-bytes", 2);
  await expect(open().path(file)).rejects.toThrow(
    /org\/model@.*: expected (sha256|git's sha1) .* twice; nothing was kept/,
  );
  expect(await blobs()).toEqual([]);
});

it("no file grows past its size", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, "too-long", 2);
  await expect(open().path("model.bin")).rejects.toThrow("expected 300000 bytes, got more, twice");
  expect(await blobs()).toEqual([]);
});

it("401 and 403 for a gated repository name the page with the terms", async () => {
  const gated = open("org/gated");
  const terms = `org/gated is gated; accept its terms at ${server.endpoint}/org/gated, then set HF_TOKEN`;
  await expect(gated.path("a.txt")).rejects.toThrow("the Hub answered 401");
  await expect(gated.path("a.txt")).rejects.toThrow(terms);
  process.env["HF_TOKEN"] = token;
  await expect(gated.path("a.txt")).rejects.toThrow("the Hub answered 403");
  await expect(gated.path("a.txt")).rejects.toThrow(terms);
});

it("a private repository is fetched with the token, which never goes to the store for large files", async () => {
  await expect(open("org/private").path("model.bin")).rejects.toThrow("HF_TOKEN");
  process.env["HF_TOKEN"] = token;
  const path = await open("org/private").path("model.bin");
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  const [hub] = server.requests.filter(({ url }) => url.includes("/resolve/"));
  expect(hub?.authorization).toBe(`Bearer ${token}`);
  expect(server.requests.at(-1)).toMatchObject({ host: "store", authorization: undefined });
});

it("a renamed repository is followed with the token", async () => {
  process.env["HF_TOKEN"] = token;
  const url = `/org/private/resolve/${server.commitOf("org/private")}/model.bin`;
  server.misbehave(/resolve/, { status: 307, headers: { Location: url } });
  await open("org/private").path("model.bin");
  const hub = server.requests.filter(({ url }) => url.includes("/resolve/"));
  expect(hub.map(({ authorization }) => authorization)).toEqual(Array(2).fill(`Bearer ${token}`));
});

it("the token is not sent to another host that a listing names for its next page", async () => {
  process.env["HF_TOKEN"] = token;
  const headers = { Link: `<${server.store}/next>; rel="next"` };
  server.misbehave(/tree/, { status: 200, headers, body: "[]" });
  await expect(open().files()).rejects.toThrow("404");
  expect(server.requests.at(-1)).toMatchObject({ host: "store", authorization: undefined });
});

it("an error for a missing file lists the files", async () => {
  await expect(open().path("model.bni")).rejects.toThrow(
    /^org\/model@\w+: expected a file model\.bni, did you mean "model\.bin"\? \(known: config/,
  );
});

it("an unknown commit is a 404", async () => {
  const revision = "0".repeat(40);
  await expect(openHub({ type: "model", name, revision }, options).files()).rejects.toThrow(
    `${name}@${revision}: the Hub answered 404`,
  );
});

it("an error names the store if the store refused", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { status: 403 });
  await expect(open().path("model.bin")).rejects.toThrow(
    `model.bin: ${new URL(server.store).host}, where the Hub keeps files, answered 403; run again`,
  );
});

it("an HTML page instead of JSON is an error", async () => {
  server.misbehave(/tree/, { status: 200, body: "<html>Please log in" });
  await expect(open().files()).rejects.toThrow(
    /^org\/model@\w+: expected JSON from .*, got "<html>Please log in"; check HF_ENDPOINT/,
  );
});

it("429, 500 and a dropped connection are retried", async () => {
  server.misbehave(/resolve/, { status: 429, headers: { "Retry-After": "3" } });
  server.misbehave(/resolve/, { status: 500 });
  server.misbehave(/resolve/, "drop");
  await open().path("model.bin");
  expect(waits).toEqual([3000, 2000, 4000]);
  expect(lines).toHaveLength(3);
});

it("repeated 500s end in an error", async () => {
  server.misbehave(/resolve/, { status: 500 }, Infinity);
  await expect(open().path("config.json")).rejects.toThrow(
    /^org\/model@\w+: config\.json: the Hub answered 500, 5 times in a row; run again later$/,
  );
});

it("a redirect loop, or one to something other than http(s), is an error", async () => {
  const to = (location: string) => ({ status: 302, headers: { Location: location } });
  server.misbehave(/resolve/, to("file:///etc/passwd"));
  await expect(open().path("config.json")).rejects.toThrow("expected a redirect to http(s)");
  server.misbehave(/resolve/, to("config.json"), Infinity);
  await expect(open().path("config.json")).rejects.toThrow("got 6 redirects");
});

it.each(["org/evil", "org/windows"])(
  "%s: a file name that leads outside is refused",
  async (evil) => {
    const inside = /^org\/\w+@\w+: expected names of files inside the repository, got "/;
    await expect(open(evil).files()).rejects.toThrow(inside);
    await expect(open(evil).path("a.txt")).rejects.toThrow(inside);
    expect(existsSync(join(home(), "evil.txt"))).toBe(false);
  },
);

it.each(["../x", "/etc/passwd", "a/../../x", "a\\..\\x", "C:/x", "a//x", ""])(
  '"%s" is refused without a request',
  async (file) => {
    await expect(open().path(file)).rejects.toThrow("expected names of files inside");
    expect(server.requests).toEqual([]);
  },
);

/** As if on another system. */
function on<T>(platform: NodeJS.Platform, work: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(process, "platform");
  Object.defineProperty(process, "platform", { ...own, value: platform });
  return work().finally(() => Object.defineProperty(process, "platform", own ?? {}));
}

it.each(["aux.txt", "a/NUL", "Com1.json", "a:b", "end.", "end ", "q?"])(
  'on Windows "%s" is refused without a request',
  async (file) => {
    await on("win32", () =>
      expect(open().path(file)).rejects.toThrow("expected names of files inside"),
    );
    await expect(open().path("auxiliary.txt")).rejects.toThrow("expected a file auxiliary.txt");
  },
);

it("names that are one on this disk are an error, and otherwise both are read", async () => {
  const entry = (path: string) => ({
    type: "file",
    path,
    size: 20,
    oid: gitHash(Buffer.from(config)),
  });
  const body = JSON.stringify([entry("config.json"), entry("Config.JSON"), entry("other.json")]);
  server.misbehave(/tree/, { status: 200, body }, Infinity);
  for (const platform of ["win32", "darwin"] as const)
    await on(platform, () =>
      expect(open().path("config.json")).rejects.toThrow(
        /^org\/model@\w+: config\.json: the repository also has Config\.JSON, which is the same name on this disk/,
      ),
    );
  expect(await readFile(await open().path("config.json"), "utf8")).toBe(config);
});

it("a file larger than the free space is not fetched", async () => {
  const entry = { type: "file", path: "a", size: 2 ** 50, oid: "0".repeat(40) };
  server.misbehave(/tree/, { status: 200, body: JSON.stringify([entry]) });
  await expect(open().path("a")).rejects.toThrow(
    /^org\/model@\w+: a: needs 1125899906842624 bytes, but the disk of .* has \d+; free some, or set HF_HOME/,
  );
  expect(server.requests.filter(({ url }) => url.includes("resolve"))).toEqual([]);
});

it("two requests for a file share one transfer", async () => {
  const paths = await Promise.all([open().path("model.bin"), open().path("model.bin")]);
  for (const path of paths) expect(sha256(await readFile(path))).toBe(sha256(weights));
  expect(ranges("store")).toHaveLength(1);
});

it("without a network, cached files are read", async () => {
  await open().path("onnx/model #1.onnx");
  const asked = server.requests.length;
  process.env["HF_HUB_OFFLINE"] = "1";
  expect(await open().files()).toEqual(["onnx/model #1.onnx"]);
  const path = await open().path("onnx/model #1.onnx");
  expect(sha256(await readFile(path))).toBe(sha256(weights));
  await expect(open().path("config.json")).rejects.toThrow(
    /config\.json: HF_HUB_OFFLINE is set, and the cache .* \(it has: onnx\/model #1\.onnx\)/,
  );
  expect(server.requests).toHaveLength(asked);
});

it("without a network, an empty cache is an error", async () => {
  process.env["HF_HUB_OFFLINE"] = "1";
  await expect(open().files()).rejects.toThrow("HF_HUB_OFFLINE is set, and the cache");
  await expect(open().path("config.json")).rejects.toThrow("run once without HF_HUB_OFFLINE");
  expect(server.requests).toEqual([]);
});

it("a cache written by Python's tools is used", async () => {
  const commit = server.commitOf(name);
  const pointer = join(folder(), "snapshots", commit, "model.bin");
  const blob = join(folder(), "blobs", sha256(weights));
  for (const path of [pointer, blob]) await mkdir(dirname(path), { recursive: true });
  await writeFile(blob, weights);
  await symlink(`../../blobs/${sha256(weights)}`, pointer);
  expect(await open().path("model.bin")).toBe(pointer);
  expect(server.requests).toEqual([]);
  // A link to nothing is no file.
  await rm(blob);
  expect(sha256(await readFile(await open().path("model.bin")))).toBe(sha256(weights));
});

it("a full disk is an error that says so", async ({ skip }) => {
  if (!existsSync("/dev/full")) skip("needs /dev/full");
  await mkdir(join(folder(), "blobs"), { recursive: true });
  const incomplete = join(folder(), "blobs", `${sha256(weights)}.sweetspot.incomplete`);
  await symlink("/dev/full", incomplete);
  await expect(open().path("model.bin")).rejects.toThrow(
    /^org\/model@\w+: model\.bin: cannot write .*: no space left on the disk; free some/,
  );
  expect(waits).toEqual([]);
  await rm(incomplete);
});

function start(): ChildProcess {
  const script = fileURLToPath(new URL("../test/fetching-process.ts", import.meta.url));
  const argv = ["--import", "tsx", script, name, server.commitOf(name), "model.bin"];
  return spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
}

it("two processes that fetch a file share one transfer", async () => {
  const codes = await Promise.all([start(), start()].map((child) => once(child, "exit")));
  expect(codes).toEqual([
    [0, null],
    [0, null],
  ]);
  expect(await blobs()).toEqual([sha256(weights)]);
  expect(ranges("store").length).toBeLessThanOrEqual(2);
});

it("the next process resumes what a killed one left", async () => {
  server.misbehave(/GET \/[0-9a-f]{64}/, { stallAfter: half });
  const child = start();
  const incomplete = join(folder(), "blobs", `${sha256(weights)}.sweetspot.incomplete`);
  await expect
    .poll(async () => (await readFile(incomplete).catch(() => "")).length, { timeout: 10_000 })
    .toBe(half);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await blobs()).toContain(`${sha256(weights)}.sweetspot.incomplete.lock`);
  expect(sha256(await readFile(await open().path("model.bin")))).toBe(sha256(weights));
  expect(ranges("store")).toEqual([undefined, `bytes=${half}-`]);
  expect(await blobs()).toEqual([sha256(weights)]);
});
