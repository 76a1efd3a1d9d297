import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLock } from "./lock.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "lock-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("a lock is held until it is released", async () => {
  const file = join(dir, "deep", "lock");
  const lock = await takeLock(file);
  await expect(takeLock(file)).rejects.toThrow(`runs already, as process ${process.pid}`);
  await lock.release();
  await (await takeLock(file)).release();
});

test("one left by processes that are gone is taken over; by one of them that is not, it is not", async () => {
  const file = join(dir, "lock");
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
  await writeFile(file, `999999999\n${child.pid}`);
  await expect(takeLock(file)).rejects.toThrow(`as process ${child.pid}`);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  const lock = await takeLock(file);
  await lock.add(12);
  expect(await readFile(file, "utf8")).toBe(`${process.pid}\n12`);
  await lock.release();
});
