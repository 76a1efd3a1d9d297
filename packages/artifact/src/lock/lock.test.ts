import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { raceLocks } from "../testing/lock-races.ts";
import { tryLock, withLock } from "./lock.ts";
import { identityOf, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

let dir: string;
let folder: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "lock-"));
  folder = join(dir, "deep", "lock");
});
afterEach(() => rm(dir, { recursive: true }));

const nobody = () => undefined;

/** Leaves a claim as a process does that has the lock. @returns its file */
async function leave(...processes: ProcessIdentity[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "left");
  await writeFile(file, JSON.stringify({ holds: true, processes }));
  return file;
}

async function take() {
  const { lock, holder } = await tryLock(folder);
  if (lock === undefined) throw new Error(`held by ${holder.pid}`);
  return lock;
}

describe("tryLock", () => {
  it("a lock is held until it is released, and leaves nothing behind", async () => {
    const lock = await take();
    expect((await tryLock(folder)).holder).toMatchObject({ pid: process.pid, here: true });
    await lock.release();
    await (await take()).release();
    expect(await readdir(join(dir, "deep"))).toEqual([]);
  });

  it("a lock whose process has ended is free, even if another process has its id", async () => {
    const own = await ownIdentity();
    for (const pid of [process.pid, process.ppid, 2 ** 22 + 1]) {
      await leave({ ...own, pid, start: "earlier" });
      const { lock, holder } = await tryLock(folder);
      expect(holder).toBeUndefined();
      await lock?.release();
    }
  });

  it("a lock with several processes is held until the last has ended", async () => {
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    const pid = child.pid ?? 0;
    const lock = await take();
    await lock.add(pid);
    const [name = ""] = await readdir(folder);
    const text = await readFile(join(folder, name), "utf8");
    await lock.release();
    // As if its first process had been killed.
    const { processes } = JSON.parse(text) as { processes: ProcessIdentity[] };
    expect(processes).toEqual([await ownIdentity(), await identityOf(pid)]);
    await leave(...processes.map((p) => (p.pid === pid ? p : { ...p, start: "earlier" })));
    expect((await tryLock(folder)).holder?.pid).toBe(pid);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    await (await take()).release();
  });

  it.runIf(process.platform === "linux")(
    "a zombie has ended (read from /proc, which Linux alone has)",
    async () => {
      // The shell is replaced by a program that never asks what became of its child.
      const parent = spawn("sh", ["-c", "sh -c 'echo $$; exec sleep 0.2' & exec sleep 60"]);
      const pid = await new Promise<number>((resolve) =>
        parent.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk.toString()))),
      );
      await leave(await identityOf(pid));
      expect((await tryLock(folder)).holder?.pid).toBe(pid);
      let state = "";
      for (let i = 0; i < 100 && state !== "Z"; i++) {
        await pause(50);
        state = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.[0] ?? "";
      }
      expect(state).toBe("Z");
      expect((await tryLock(folder)).holder).toBeUndefined();
      parent.kill("SIGKILL");
    },
  );

  it("another machine's lock is held while its heartbeat is fresh, whatever the id", async () => {
    const file = await leave({ place: "another", pid: process.pid, start: "1" });
    expect((await tryLock(folder)).holder).toEqual({ pid: process.pid, here: false, file });
    const old = new Date(Date.now() - 61_000);
    await utimes(file, old, old);
    await (await take()).release();
  });

  it("a file that is not a claim counts as one for a minute, then is removed", async () => {
    await leave();
    const old = new Date(Date.now() - 61_000);
    for (const text of ["", "7", '{"processes":7}', '{"holds":true,"processes":[null]}', "{"]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "left"), text);
      await utimes(join(folder, "left"), old, old);
      await (await take()).release();
    }
    expect(await readdir(join(dir, "deep"))).toEqual([]);
  });

  it("a file in the way is an error with the fix", async () => {
    await writeFile(join(dir, "deep"), "");
    await expect(tryLock(folder)).rejects.toThrow(/^cannot write .*part of the path is a file/);
  });

  it("of processes that start at once exactly one wins", async () => {
    expect(await raceLocks(40)).toEqual({ races: 40, wonTwice: 0, wonByNone: 0 });
  });
});

describe("withLock", () => {
  it("one process works at a time, and the lock is gone afterwards, even after an error", async () => {
    let working = 0;
    let waited = 0;
    let go = () => {};
    const bothWait = new Promise<void>((resolve) => (go = resolve));
    const work = async () => {
      expect(++working).toBe(1);
      // However slow the machine is, the first does not end before the others wait for it.
      await bothWait;
      working--;
    };
    const wait = () => {
      if (++waited === 2) go();
    };
    await Promise.all([1, 2, 3].map(() => withLock(folder, wait, work)));
    expect(waited).toBe(2);
    await expect(withLock(folder, nobody, () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(await readdir(join(dir, "deep"))).toEqual([]);
  });
});
