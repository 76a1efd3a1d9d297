import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError } from "@sweetspot/artifact";

/** Held while a pipeline runs. */
export interface Lock {
  /** Names another process that must be gone before the next may begin. */
  add(pid: number): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a lock file that lists the processes that hold it. One left behind by processes that are
 * gone is taken over.
 *
 * @throws Error if one of them still runs
 */
export async function takeLock(file: string): Promise<Lock> {
  const pids = [process.pid];
  const write = (flag: "w" | "wx") => writeFile(file, pids.join("\n"), { flag });
  try {
    await mkdir(dirname(file), { recursive: true });
    await write("wx").catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      const holders = (await readFile(file, "utf8")).split("\n").filter(Boolean).map(Number);
      const alive = holders.find(isAlive);
      if (alive !== undefined) {
        throw new Error(
          `${file}: this pipeline runs already, as process ${alive}; wait for it or stop it (if it is something else, delete the file)`,
        );
      }
      await write("w");
    });
  } catch (cause) {
    throw diskError(`cannot write ${file}`, cause);
  }
  return {
    async add(pid) {
      pids.push(pid);
      await write("w");
    },
    release: () => rm(file, { force: true }),
  };
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
