import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { diskError } from "../folder/disk-error.ts";
import { identityOf, isRunning, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

/** Held during work that only one process at a time may do. */
export interface Lock {
  /** Makes another process of this machine a holder too: the lock is free only after it has ended. */
  add(pid: number): Promise<void>;
  /** Releases the lock and removes its claim. */
  release(): Promise<void>;
}

/** The process that holds a lock. */
export interface Holder {
  pid: number;
  /** Whether it runs on this machine, so that you can look its id up. */
  here: boolean;
  /** The file of its claim. */
  file: string;
}

// A lock is a folder of claims, one file for each process that wants it. A process that finds no other
// living claim beside its own has the lock. Each writes its claim before it looks, so of two at least one
// sees the other. A dead claim can be removed safely: its name is never used again.
//
// Node has no `flock`, and a lock that only ages (proper-lockfile 4.1) is taken from a suspended holder
// after 10 s, is held for 10 s by a killed one, and was won twice in 42 of 500 races for a stale lock.

const pollMs = 200;
const heartbeatMs = 5000;
/** After this long without a heartbeat, the claim of a process that cannot be checked is dead. */
const staleMs = 60_000;
/** How long processes that start at the same time give way to each other. */
const patienceMs = 10_000;

interface Claim {
  /** Whether its process has the lock or only wants it. */
  holds: boolean;
  processes: ProcessIdentity[];
}

const claimSchema: z.ZodType<Claim> = z.object({
  holds: z.boolean(),
  processes: z.array(z.object({ place: z.string(), pid: z.int(), start: z.string() })),
});

/**
 * Takes a lock, unless a running process holds it. A lock whose processes have ended is free; so is a
 * lock of another machine after a minute without a heartbeat.
 *
 * @param folder the lock's own folder, which exists only while a process wants the lock
 * @returns the lock, or its holder
 * @throws Error if the folder cannot be written
 */
export async function tryLock(
  folder: string,
): Promise<{ lock: Lock; holder?: undefined } | { lock?: undefined; holder: Holder }> {
  const until = performance.now() + patienceMs;
  try {
    for (;;) {
      const own = await claim(folder);
      let lock: Lock | undefined;
      try {
        const result = await settle(own, until);
        if (result === "ours") return { lock: (lock = await hold(own)) };
        if (result !== "theirs") return { holder: result };
      } finally {
        if (lock === undefined) await own.withdraw();
      }
      await pause(5 + 20 * Math.random());
    }
  } catch (cause) {
    throw diskError(`cannot write ${folder}`, cause);
  }
}

/**
 * Runs `work` while no other process does: waits for the lock, holds it, releases it.
 *
 * @param waiting is called once, if another process has the lock
 * @throws what `work` throws; Error if the folder cannot be written
 */
export async function withLock<T>(
  folder: string,
  waiting: (holder: Holder) => void,
  work: () => Promise<T>,
): Promise<T> {
  for (let isWaiting = false; ;) {
    const { lock, holder } = await tryLock(folder);
    if (lock !== undefined) return work().finally(() => lock.release());
    if (!isWaiting) waiting(holder);
    isWaiting = true;
    await pause(pollMs);
  }
}

interface OwnClaim {
  folder: string;
  name: string;
  claim: Claim;
  write(): Promise<void>;
  withdraw(): Promise<void>;
}

async function claim(folder: string): Promise<OwnClaim> {
  const name = randomUUID();
  const file = join(folder, name);
  const wanted: Claim = { holds: false, processes: [await ownIdentity()] };
  let written = Promise.resolve();
  const own: OwnClaim = {
    folder,
    name,
    claim: wanted,
    // In place, never shorter than before, and one at a time, so that no reader sees part of it.
    write: () => {
      const write = () => overwrite(file, JSON.stringify(wanted));
      return (written = written.then(write, write));
    },
    async withdraw() {
      await rm(file, { force: true });
      // Fails if the folder is not empty because others want the lock.
      await rmdir(folder).catch(() => undefined);
    },
  };
  for (;;) {
    await mkdir(folder, { recursive: true });
    try {
      await writeFile(file, JSON.stringify(wanted), { flag: "wx" });
      return own;
    } catch (error) {
      // Another process, the last to leave, removed the folder.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** @returns `theirs` to give way to another process that wants the lock too */
async function settle(own: OwnClaim, until: number): Promise<"ours" | "theirs" | Holder> {
  for (;;) {
    const others = await livingClaims(own);
    const holding = others.find((c) => c.holds);
    if (holding !== undefined) return holding.holder;
    const [other] = others;
    if (other === undefined) return "ours";
    // Of those that start at once, the first by name stays and the others give way.
    if (others.some((c) => c.name < own.name)) {
      if (performance.now() < until) return "theirs";
      return other.holder;
    }
    if (performance.now() > until) return other.holder;
    await pause(5);
  }
}

async function hold(own: OwnClaim): Promise<Lock> {
  own.claim.holds = true;
  await own.write();
  const heartbeat = setInterval(() => {
    own.write().catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  return {
    async add(pid) {
      own.claim.processes.push(await identityOf(pid));
      await own.write();
    },
    async release() {
      clearInterval(heartbeat);
      await own.withdraw();
    },
  };
}

interface LivingClaim {
  name: string;
  holds: boolean;
  holder: Holder;
}

/** The claims of other running processes; claims of processes that have ended are removed. */
async function livingClaims({ folder, name: ownName }: OwnClaim): Promise<LivingClaim[]> {
  const living: LivingClaim[] = [];
  // By the file system's clock, which may not be this machine's if the folder is shared.
  const now = (await stat(join(folder, ownName))).mtimeMs;
  for (const name of await readdir(folder)) {
    if (name === ownName) continue;
    const file = join(folder, name);
    const [text, times] = await Promise.all([
      readFile(file, "utf8").catch(() => undefined),
      stat(file).catch(() => undefined),
    ]);
    if (text === undefined || times === undefined) continue;
    const { holds, processes } = parseClaim(text);
    const fresh = now - times.mtimeMs < staleMs;
    const states = await Promise.all(processes.map(isRunning));
    const place = (await ownIdentity()).place;
    // A claim still being written names no process yet.
    const unknown = processes.length === 0 || states.includes(undefined);
    if (states.includes(true) || (unknown && fresh)) {
      const running = processes[Math.max(0, states.indexOf(true))];
      const holder = { pid: running?.pid ?? 0, here: running?.place === place, file };
      living.push({ name, holds, holder });
    } else await rm(file, { force: true });
  }
  return living;
}

function parseClaim(text: string): Claim {
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch {
    return { holds: false, processes: [] };
  }
}

async function overwrite(file: string, text: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    // `false` becomes `true `, so that the text keeps its length.
    await handle.write(text.replace('"holds":true,', '"holds":true ,'), 0);
  } finally {
    await handle.close();
  }
}
