import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ownIdentity } from "../lock/process-identity.ts";

/** How races for a lock ended. */
export interface LockRaces {
  races: number;
  /** Races that more than one process won. */
  wonTwice: number;
  /** Races that no process won. */
  wonByNone: number;
}

/**
 * Lets processes race for one lock, again and again. In every other race the lock was left behind by a
 * process that has ended.
 */
export async function raceLocks(races: number, processes = 4): Promise<LockRaces> {
  const built = import.meta.url.endsWith(".js");
  const racer = built
    ? [fileURLToPath(new URL("lock-racer.js", import.meta.url))]
    : ["--import", "tsx", fileURLToPath(new URL("lock-racer.ts", import.meta.url))];
  const folder = await mkdtemp(join(tmpdir(), "lock-races-"));
  const children = Array.from({ length: processes }, () => {
    const child = spawn(process.execPath, racer, {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      child,
      ask: async (line: string): Promise<string> => {
        child.stdin.write(`${line}\n`);
        const { value, done } = await lines.next();
        if (done === true) throw new Error("a racer ended early");
        return value;
      },
    };
  });
  const result: LockRaces = { races, wonTwice: 0, wonByNone: 0 };
  const ended = { ...(await ownIdentity()), start: "an earlier process" };
  try {
    for (let race = 0; race < races; race++) {
      const lock = join(folder, "lock");
      if (race % 2 === 0) {
        await mkdir(lock);
        await writeFile(join(lock, "left"), JSON.stringify({ holds: true, processes: [ended] }));
      }
      const answers = await Promise.all(children.map(({ ask }) => ask(lock)));
      const won = answers.filter((a) => a === "won").length;
      if (won > 1) result.wonTwice++;
      if (won === 0) result.wonByNone++;
      await Promise.all(children.map(({ ask }) => ask("release")));
    }
  } finally {
    for (const { child } of children) child.kill();
    await rm(folder, { recursive: true, force: true });
  }
  return result;
}
