import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@sweetspot/artifact";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderDigest, readPinnedFolder } from "./pinned-folder.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sweetspot-pinned-"));
  const folder = join(root, "node_modules", "texts");
  await mkdir(folder, { recursive: true });
  const files = { "package.json": "{}", list: "b a", a: "first", b: "second" };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(() => rm(root, { recursive: true }));

const digest = sha256(Buffer.from("a\x005\x00firstb\x006\x00second"));
const pinned = (names: string[], expected = digest) => ({
  list: { package: "texts", path: "list", sha256: sha256(Buffer.from("b a")) },
  names: (list: string) => [...list.split(" "), ...names],
  sha256: expected,
});
const read = (names: string[] = [], expected?: string) =>
  readPinnedFolder(pinned(names, expected), `file://${root}/x.js`);

test("the digest covers name, length and content, so no byte can move between files", () => {
  const files = (a: string, b: string) =>
    folderDigest([
      ["a", Buffer.from(a)],
      ["b", Buffer.from(b)],
    ]);
  expect(files("first", "second")).toBe(digest);
  expect(files("firsts", "econd")).not.toBe(digest);
});

test("reads the files that the list names, sorted", async () => {
  const files = await read();
  expect(files.map(([name, content]) => [name, content.toString()])).toEqual([
    ["a", "first"],
    ["b", "second"],
  ]);
});

test("changed content, and a missing file, are errors with the fix", async () => {
  const other = "0".repeat(64);
  await expect(read([], other)).rejects.toThrow(
    `expected sha256 ${other} of its 2 files, got ${digest}; run npm ci to bring the pinned version back`,
  );
  await expect(read(["c"])).rejects.toThrow(/texts.c: cannot be read; run npm ci$/);
});
