import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const pollMs = 200;
const heartbeatMs = 5000;
const staleMs = 60_000;

/** The locks that this process holds. */
const held = new Set<string>();

/**
 * Does a piece of work while no other process does it: the others wait. A lock is a file that only one
 * can make, kept fresh while the work goes on; one whose process has died is taken over. (Node has no
 * `flock`, with which Python's tools keep one another off.)
 *
 * @param waiting is called once if another process is at it
 */
export async function withLock<T>(
  path: string,
  waiting: () => void,
  work: () => Promise<T>,
): Promise<T> {
  const own = JSON.stringify([hostname(), process.pid, randomUUID()]);
  held.add(own);
  try {
    for (let told = false; !(await take(path, own));) {
      if (await removeIfStale(path)) continue;
      if (!told) waiting();
      told = true;
      await pause(pollMs);
    }
    const heartbeat = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => undefined);
    }, heartbeatMs);
    try {
      return await work();
    } finally {
      clearInterval(heartbeat);
      if ((await contentOf(path)) === own) await rm(path, { force: true });
    }
  } finally {
    held.delete(own);
  }
}

async function take(path: string, own: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx");
    await handle.writeFile(own).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether a dead process's lock was there, and is no more. */
async function removeIfStale(path: string): Promise<boolean> {
  const content = await contentOf(path);
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => undefined,
  );
  // Gone meanwhile: it can be taken.
  if (content === undefined || age === undefined) return true;
  if (age < staleMs && !isDead(content)) return false;
  // Of those who find it stale at once only one can rename it.
  const aside = `${path}.${randomUUID()}`;
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (moved && (await contentOf(aside)) !== content)
    // Another took over between the look and the renaming: its lock goes back.
    await rename(aside, path);
  else await rm(aside, { force: true });
  return true;
}

/** Whether the holder was a process of this machine that is no more. */
function isDead(content: string): boolean {
  const [, host, pid] = /^\["(.*)",(\d+),"[^"]*"\]$/.exec(content) ?? [];
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return !held.has(content);
  try {
    // Signal 0 asks, and does nothing.
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
