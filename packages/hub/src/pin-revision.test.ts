import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { temporaryCache } from "../test/temporary-cache.ts";
import { pinRevision } from "./pin-revision.ts";

const home = temporaryCache();
const token = "hf_geheim";
const fast = { wait: async () => undefined };

let server: HubServer;
beforeEach(async () => {
  server = await startHubServer(
    [
      { type: "model", name: "org/model", files: { "a.txt": "a" }, revisions: ["refs/pr/1"] },
      { type: "dataset", name: "org/data", files: { "b.txt": "b" } },
      { type: "model", name: "org/private", files: { "c.txt": "c" }, access: "private" },
    ],
    { token },
  );
  process.env["HF_ENDPOINT"] = server.endpoint;
});
afterEach(() => server.close());

it("a commit is itself, and nobody is asked", async () => {
  const revision = "0123456789abcdef0123456789abcdef01234567";
  expect(await pinRevision({ type: "model", name: "org/model", revision })).toBe(revision);
  expect(server.requests).toEqual([]);
});

it("a branch is asked for once, and known without a network from then on", async () => {
  const commit = server.commitOf("org/model");
  expect(await pinRevision({ type: "model", name: "org/model" })).toBe(commit);
  const ref = join(home(), "hub/models--org--model/refs/main");
  expect(await readFile(ref, "utf8")).toBe(commit);
  const revision = "refs/pr/1";
  expect(await pinRevision({ type: "model", name: "org/model", revision })).toBe(commit);
  process.env["HF_HUB_OFFLINE"] = "1";
  expect(await pinRevision({ type: "model", name: "org/model", revision })).toBe(commit);
  expect(server.requests).toHaveLength(2);
});

it("a data set has a commit too", async () => {
  const commit = server.commitOf("org/data", "dataset");
  expect(await pinRevision({ type: "dataset", name: "org/data" })).toBe(commit);
  const ref = join(home(), "hub/datasets--org--data/refs/main");
  expect(await readFile(ref, "utf8")).toBe(commit);
});

it("without a network a revision that the cache does not know is an error that says so", async () => {
  process.env["HF_HUB_OFFLINE"] = "true";
  await expect(pinRevision({ type: "model", name: "org/model" })).rejects.toThrow(
    /org\/model@main: HF_HUB_OFFLINE is set, and the cache .* run once without/,
  );
  const refs = join(home(), "hub/models--org--model/refs");
  await mkdir(refs, { recursive: true });
  await writeFile(join(refs, "main"), "../../evil");
  await expect(pinRevision({ type: "model", name: "org/model" })).rejects.toThrow("does not know");
  expect(server.requests).toEqual([]);
});

it("a repository that is not there: 401 without a token, 404 with one", async () => {
  const source = { type: "model", name: "org/nodel" } as const;
  await expect(pinRevision(source)).rejects.toThrow(
    /^org\/nodel@main: the Hub answered 401.*no such model, or a private or gated one.*HF_TOKEN/,
  );
  process.env["HF_TOKEN"] = token;
  await expect(pinRevision(source)).rejects.toThrow(
    /^org\/nodel@main: the Hub answered 404.*no such model; check the name/,
  );
});

it("a revision that is not there", async () => {
  await expect(pinRevision({ type: "model", name: "org/model", revision: "v9" })).rejects.toThrow(
    /^org\/model@v9: the Hub answered 404.*no revision "v9" of org\/model; see/,
  );
});

it("a token opens what is private; a wrong one is told of and not shown", async () => {
  const source = { type: "model", name: "org/private" } as const;
  process.env["HF_TOKEN"] = "hf_falsch";
  await expect(pinRevision(source)).rejects.toThrow(/^(?!.*falsch).*401.*does not take the token/);
  process.env["HF_TOKEN"] = token;
  expect(await pinRevision(source)).toBe(server.commitOf("org/private"));
});

it("429: waits as long as the server asks, says so, and goes on", async () => {
  server.misbehave(/revision/, { status: 429, headers: { "Retry-After": "7" } });
  const waits: number[] = [];
  const lines: string[] = [];
  const commit = await pinRevision(
    { type: "model", name: "org/model" },
    { log: (line) => lines.push(line), wait: async (ms) => waits.push(ms) },
  );
  expect(commit).toBe(server.commitOf("org/model"));
  expect(waits).toEqual([7000]);
  expect(lines).toEqual(["org/model@main: the Hub answered 429; trying again in 7 s"]);
});

it("429 with an hour to wait is an error that says how long", async () => {
  server.misbehave(/revision/, { status: 429, headers: { "Retry-After": "3600" } });
  await expect(pinRevision({ type: "model", name: "org/model" }, fast)).rejects.toThrow(
    "asks to wait 3600 s; run again then, or set HF_TOKEN",
  );
  expect(server.requests).toHaveLength(1);
});

it("500, then fine; 500 for ever", async () => {
  server.misbehave(/revision/, { status: 500 });
  const source = { type: "model", name: "org/model" } as const;
  expect(await pinRevision(source, fast)).toBe(server.commitOf("org/model"));
  server.misbehave(/revision/, { status: 503 }, Infinity);
  const waits: number[] = [];
  await expect(pinRevision(source, { wait: async (ms) => waits.push(ms) })).rejects.toThrow(
    "org/model@main: the Hub answered 503, 5 times in a row; run again later",
  );
  expect(waits).toEqual([1000, 2000, 4000, 8000]);
});

it("an answer that stalls is asked for again", async () => {
  server.misbehave(/revision/, { stallAfter: 0 });
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const source = { type: "model", name: "org/model" } as const;
  const commit = await pinRevision(source, { ...fast, log, stallMs: 100 });
  expect(commit).toBe(server.commitOf("org/model"));
  expect(lines.join()).toContain("only 1 bytes in 100 ms");
});

it("no network at all: the error says what works without", async () => {
  await server.close();
  await expect(pinRevision({ type: "model", name: "org/model" }, fast)).rejects.toThrow(
    /got none \(ECONNREFUSED\), 5 times in a row; check the network; HF_HUB_OFFLINE=1 .* folder/,
  );
});
