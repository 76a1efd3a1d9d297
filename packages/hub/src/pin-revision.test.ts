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

it("a commit is returned without a request", async () => {
  const revision = "0123456789abcdef0123456789abcdef01234567";
  expect(await pinRevision({ type: "model", name: "org/model", revision })).toBe(revision);
  expect(server.requests).toEqual([]);
});

it("a branch is requested once, and then known without a network", async () => {
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

it("without a network, a revision that is not in the cache is an error", async () => {
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

it("a missing repository: 401 without a token, 404 with one", async () => {
  const source = { type: "model", name: "org/nodel" } as const;
  await expect(pinRevision(source)).rejects.toThrow(
    /^org\/nodel@main: the Hub answered 401.*no such model, or a private or gated one.*HF_TOKEN/,
  );
  process.env["HF_TOKEN"] = token;
  await expect(pinRevision(source)).rejects.toThrow(
    /^org\/nodel@main: the Hub answered 404.*no such model; check the name/,
  );
});

it("a missing revision is an error", async () => {
  await expect(pinRevision({ type: "model", name: "org/model", revision: "v9" })).rejects.toThrow(
    /^org\/model@v9: the Hub answered 404.*org\/model has no revision "v9"; see/,
  );
});

it("a token gives access to a private repository; a wrong one is an error that does not show it", async () => {
  const source = { type: "model", name: "org/private" } as const;
  process.env["HF_TOKEN"] = "hf_falsch";
  await expect(pinRevision(source)).rejects.toThrow(
    /^(?!.*falsch).*401.*does not accept the token/,
  );
  process.env["HF_TOKEN"] = token;
  expect(await pinRevision(source)).toBe(server.commitOf("org/private"));
});

it("429: waits as long as the server asks, logs it, and retries", async () => {
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

it("429 with an hour to wait is an error with the time", async () => {
  server.misbehave(/revision/, { status: 429, headers: { "Retry-After": "3600" } });
  await expect(pinRevision({ type: "model", name: "org/model" }, fast)).rejects.toThrow(
    "asks to wait 3600 s; run again then, or set HF_TOKEN",
  );
  expect(server.requests).toHaveLength(1);
});

it("a 500 is retried; repeated 500s are an error", async () => {
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

it("a stalled answer is requested again", async () => {
  server.misbehave(/revision/, { stallAfter: 0 });
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const source = { type: "model", name: "org/model" } as const;
  const commit = await pinRevision(source, { ...fast, log, stallMs: 100 });
  expect(commit).toBe(server.commitOf("org/model"));
  expect(lines.join()).toContain("only 1 bytes in 100 ms");
});

it("without a network, the error says what works", async () => {
  await server.close();
  await expect(pinRevision({ type: "model", name: "org/model" }, fast)).rejects.toThrow(
    /got none \(ECONNREFUSED\), 5 times in a row; check the network, set HF_HUB_OFFLINE=1 .* folder/,
  );
});
