import { readdir, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { temporaryCache } from "../test/temporary-cache.ts";
import { withLock } from "./lock.ts";

const home = temporaryCache();
const path = () => join(home(), "lock");
const nobody = () => undefined;

it("one works at a time, and the lock is gone afterwards, after an error too", async () => {
  let working = 0;
  let waited = 0;
  const work = async () => {
    expect(++working).toBe(1);
    await pause(20);
    working--;
  };
  const wait = () => (waited += 1);
  await Promise.all([1, 2, 3].map(() => withLock(path(), wait, work)));
  expect(waited).toBe(2);
  await expect(withLock(path(), nobody, () => Promise.reject(new Error("no")))).rejects.toThrow(
    "no",
  );
  expect(await readdir(home())).toEqual([]);
});

it("a dead process's lock is taken over, an earlier process's with the same id too", async () => {
  const gone = 2 ** 22 + 1;
  for (const pid of [gone, process.pid]) {
    await writeFile(path(), JSON.stringify([hostname(), pid, "an-id"]));
    expect(await withLock(path(), nobody, async () => pid)).toBe(pid);
  }
  expect(await readdir(home())).toEqual([]);
});

it("another machine's lock is waited for, until it has not been kept fresh", async () => {
  await writeFile(path(), JSON.stringify(["another", 1, "an-id"]));
  let done = false;
  let waited = 0;
  const wait = () => (waited += 1);
  const locked = withLock(path(), wait, async () => (done = true));
  await pause(300);
  expect([waited, done]).toEqual([1, false]);
  const old = new Date(Date.now() - 61_000);
  await utimes(path(), old, old);
  await locked;
  expect(done).toBe(true);
});
