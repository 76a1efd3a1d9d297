import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { temporaryCache } from "../test/temporary-cache.ts";
import { openHub } from "./open-hub.ts";
import { pinRevision } from "./pin-revision.ts";
import { pushFolder } from "./push-folder.ts";

temporaryCache();
const token = "hf_geheim";
const weights = Buffer.alloc(5000, "weights");
const wait = async () => undefined;

let server: HubServer;
let folder: string;
let lines: string[];
const log = (line: string) => lines.push(line);
beforeEach(async () => {
  const old = {
    type: "model",
    name: "org/old",
    files: { "old.txt": "old", "a.txt": "a" },
  } as const;
  server = await startHubServer([old], { token, partSize: 10_000 });
  process.env["HF_ENDPOINT"] = server.endpoint;
  process.env["HF_TOKEN"] = token;
  folder = await mkdtemp(join(tmpdir(), "push-"));
  await mkdir(join(folder, "onnx"));
  await writeFile(join(folder, "a.txt"), "A");
  await writeFile(join(folder, "empty.txt"), "");
  await writeFile(join(folder, "onnx/model #1.onnx"), weights);
  await writeFile(join(folder, ".hidden"), "hidden");
  lines = [];
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

it("creates the repository and uploads small and large files in one commit", async () => {
  const url = await pushFolder({ folder, name: "org/new", message: "First", log });
  expect(url).toBe(`${server.endpoint}/org/new/commit/${server.commitOf("org/new")}`);
  expect(server.titlesOf("org/new")).toEqual(["First"]);
  expect(server.filesOf("org/new")).toEqual({
    "a.txt": Buffer.from("A"),
    "empty.txt": Buffer.from(""),
    "onnx/model #1.onnx": weights,
  });
  // The large file went to the store, without the token.
  const puts = server.requests.filter(({ method }) => method === "PUT");
  expect(puts).toEqual([expect.objectContaining({ host: "store", authorization: undefined })]);
  expect(lines).toEqual(["org/new: created the repository", "org/new: uploading 3 files"]);
});

it("a very large file is uploaded in parts", async () => {
  const content = Buffer.from(Array.from({ length: 25_000 }, (_, i) => i % 251));
  await writeFile(join(folder, "large.bin"), content);
  await pushFolder({ folder, name: "org/new" });
  expect(server.filesOf("org/new")?.["large.bin"]).toEqual(content);
  const puts = server.requests.filter(({ method }) => method === "PUT");
  expect(puts.map(({ url }) => url.includes("?part=")).sort()).toEqual([false, true, true, true]);
});

it("uploaded files can be fetched", async () => {
  await pushFolder({ folder, name: "org/new", private: true, log });
  expect(lines[0]).toBe("org/new: created the private repository");
  const source = { type: "model", name: "org/new" } as const;
  const revision = await pinRevision(source);
  const files = await openHub({ ...source, revision }).files();
  expect(files).toEqual(["a.txt", "empty.txt", "onnx/model #1.onnx"]);
  delete process.env["HF_TOKEN"];
  await expect(openHub({ ...source, revision }).files()).rejects.toThrow("401");
});

it("files that only the repository has stay", async () => {
  await pushFolder({ folder, name: "org/old" });
  const files = server.filesOf("org/old") ?? {};
  expect(Object.keys(files).sort()).toEqual([
    "a.txt",
    "empty.txt",
    "old.txt",
    "onnx/model #1.onnx",
  ]);
  expect(String(files["a.txt"])).toBe("A");
  expect(server.requests.map(({ url }) => url)).not.toContain("/api/repos/create");
});

it("a broken upload is retried; a commit is not, since it may have succeeded", async () => {
  server.misbehave(/PUT/, "drop");
  server.misbehave(/PUT/, { status: 500 });
  await pushFolder({ folder, name: "org/old", wait });
  expect(server.titlesOf("org/old")).toEqual(["Upload with Sweetspot"]);
  server.misbehave(/POST .*commit/, { status: 500 });
  await expect(pushFolder({ folder, name: "org/old", wait })).rejects.toThrow(
    "org/old: the Hub answered 500; run again later",
  );
  expect(server.titlesOf("org/old")).toHaveLength(1);
});

it("the Hub's message about a commit is shown, without the token", async () => {
  const body = `{"error":"bad metadata in README.md, ${token}"}`;
  server.misbehave(/POST .*commit/, { status: 400, body });
  await expect(pushFolder({ folder, name: "org/old" })).rejects.toThrow(
    'org/old: the Hub answered 400 ("bad metadata in README.md, ***")',
  );
});

it("a token without write access is an error", async () => {
  server.misbehave(/POST/, { status: 403 });
  await expect(pushFolder({ folder, name: "org/old" })).rejects.toThrow(
    /org\/old: the Hub answered 403: the token in HF_TOKEN has no write access; make one/,
  );
});

it("no token, a foreign token, no folder, an empty folder, a bare name, no network: each an error", async () => {
  const push = () => pushFolder({ folder, name: "org/new" });
  await expect(pushFolder({ folder, name: "new" })).rejects.toThrow('expected ORG/NAME, got "new"');
  await expect(pushFolder({ folder: "nowhere", name: "org/new" })).rejects.toThrow(
    "no such folder",
  );
  const empty = join(folder, "empty");
  await mkdir(empty);
  await expect(pushFolder({ folder: empty, name: "org/new" })).rejects.toThrow(
    "got an empty folder",
  );
  process.env["HF_TOKEN"] = "geheim";
  await expect(push()).rejects.toThrow(/^(?!.*geheim).*expected a token that starts with hf_/);
  delete process.env["HF_TOKEN"];
  await expect(push()).rejects.toThrow("org/new: expected a token with write access in HF_TOKEN");
  process.env["HF_HUB_OFFLINE"] = "1";
  await expect(push()).rejects.toThrow("HF_HUB_OFFLINE forbids uploads");
  expect(server.requests).toEqual([]);
});
