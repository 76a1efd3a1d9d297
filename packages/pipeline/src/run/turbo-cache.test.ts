import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { boundCache, cacheEntries } from "./turbo-cache.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "turbo-cache-"));
  for (const [i, hash] of ["aa", "bb", "cc", "dd"].entries()) {
    for (const [end, bytes] of [
      [".tar.zst", 1000],
      ["-meta.json", 10],
    ] as const) {
      await writeFile(join(dir, `${hash}${end}`), "x".repeat(bytes));
      await utimes(join(dir, `${hash}${end}`), 1000 + i, 1000 + i);
    }
  }
  await writeFile(join(dir, "notes.txt"), "not turbo's");
});
afterEach(() => rm(dir, { recursive: true }));

const hashes = async () => (await cacheEntries(dir)).map((e) => e.hash);

describe("boundCache", () => {
  it("deletes the least recently used entries, whole, until the others fit", async () => {
    expect(await boundCache(dir, new Set(), 2500)).toEqual({ freed: 2020, bytes: 2020 });
    expect((await readdir(dir)).sort()).toEqual([
      "cc-meta.json",
      "cc.tar.zst",
      "dd-meta.json",
      "dd.tar.zst",
      "notes.txt",
    ]);
  });

  it("deletes nothing below the bound", async () => {
    expect(await boundCache(dir, new Set(), 5000)).toEqual({ freed: 0, bytes: 4040 });
  });

  it("keeps what this run used, which counts as used now", async () => {
    expect(await boundCache(dir, new Set(["aa"]), 1500)).toEqual({ freed: 3030, bytes: 1010 });
    expect(await hashes()).toEqual(["aa"]);
    expect((await stat(join(dir, "aa.tar.zst"))).mtimeMs).toBeGreaterThan(1e12);
  });

  it("takes a cache that does not exist yet for an empty one", async () => {
    expect(await boundCache(join(dir, "none"), new Set(), 1)).toEqual({ freed: 0, bytes: 0 });
  });
});
