import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { diskError } from "./disk-error.ts";
import { isRunning, ownIdentity } from "../lock/process-identity.ts";

/** The temporary folders that this process is filling. */
const filling = new Set<string>();
let calls = 0;
/** A folder whose process cannot be checked counts as a leftover after this long without a change. */
const forgottenMs = 24 * 3600_000;

/**
 * Fills a new folder and renames it to `dir`, in place of the old one: `dir` is always a whole folder
 * or, between two renames, absent. If anything fails, the new folder is removed and `dir` stays as it
 * was; if the process is killed, `recoverFolder` cleans up, which this calls first.
 *
 * @param fill fills the new folder, which is beside `dir`, and flushes what it writes
 * @throws what `fill` throws; Error that says what to do if the disk cannot be written
 */
export async function replaceFolder(
  dir: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const { place, pid, start } = await ownIdentity();
  const writer = [place, pid, start || "0", calls++].join("-");
  const temporary = `${dir}.tmp-${writer}`;
  const old = `${dir}.old-${writer}`;
  filling.add(temporary).add(old);
  try {
    await mkdir(dirname(dir), { recursive: true });
    await recoverFolder(dir);
    await mkdir(temporary);
    await fill(temporary);
    await flushFolder(temporary);
    const replaced = await renameFolder(dir, old).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    await renameFolder(temporary, dir).catch(async (error: unknown) => {
      if (replaced) await renameFolder(old, dir);
      throw error;
    });
    await flushFolder(dirname(dir));
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    // Show the first error, not one of cleaning up.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw diskError(`cannot write ${dir}`, cause);
  } finally {
    filling.delete(temporary);
    filling.delete(old);
  }
}

/**
 * Cleans up after killed calls of `replaceFolder`: a folder that was moved aside gets its name back,
 * unless its successor has it; the rest is removed. Folders that a running process is still writing are
 * left alone, as are, for a day, those of processes on another machine or in another container, which
 * cannot be checked.
 *
 * @param alone whether a lock guarantees that no other machine or container writes here
 */
export async function recoverFolder(dir: string, alone = false): Promise<void> {
  await bringBack(dir, alone);
  for (const { path } of await leftovers(dir, alone))
    await rm(path, { recursive: true, force: true });
}

/** The first half of `recoverFolder`, for readers: it removes nothing. */
export async function bringBack(dir: string, alone = false): Promise<void> {
  for (const { kind, path } of await leftovers(dir, alone))
    if (kind === "old" && !existsSync(dir)) await rename(path, dir);
}

interface Leftover {
  kind: "tmp" | "old";
  path: string;
}

async function leftovers(dir: string, alone: boolean): Promise<Leftover[]> {
  const [parent, name] = [dirname(dir), basename(dir)];
  const found: Leftover[] = [];
  const entries = await readdir(parent).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const entry of entries) {
    if (!entry.startsWith(name)) continue;
    const [, kind, place = "", pid, start = ""] =
      /^\.(tmp|old)-([0-9a-f]+)-(\d+)-(\w+)-\d+$/.exec(entry.slice(name.length)) ?? [];
    if (kind !== "tmp" && kind !== "old") continue;
    const path = join(parent, entry);
    if (filling.has(path)) continue;
    const writer = { place, pid: Number(pid), start: start === "0" ? "" : start };
    const own = await ownIdentity();
    const isOwn =
      writer.place === own.place && writer.pid === own.pid && writer.start === own.start;
    const running = isOwn ? false : await isRunning(writer);
    if (running === false || (running === undefined && (alone || (await isForgotten(path)))))
      found.push({ kind, path });
  }
  return found;
}

async function isForgotten(path: string): Promise<boolean> {
  const times = await stat(path).catch(() => undefined);
  return times !== undefined && Date.now() - times.mtimeMs > forgottenMs;
}

/** On Windows a folder cannot be renamed while another program, such as a virus scanner, reads a file in it. */
async function renameFolder(from: string, to: string): Promise<void> {
  for (let waitMs = 10; ; waitMs *= 2) {
    try {
      return await rename(from, to);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      const passing = process.platform === "win32" && ["EACCES", "EBUSY", "EPERM"].includes(code);
      if (!passing || waitMs > 2000) throw error;
      await pause(waitMs);
    }
  }
}

/** Flushes new names to disk; not every system can open a folder for that. */
async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
