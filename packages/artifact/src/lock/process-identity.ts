import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";

/**
 * Identifies a process beyond its id: ids are reused, a restarted container gives the same ones again,
 * and on another machine they mean nothing.
 */
export interface ProcessIdentity {
  /** Where its id is valid: one boot of a machine and, on it, a container. */
  place: string;
  pid: number;
  /** Its start time as the system reports it, in letters, digits and `_`; empty if unknown. */
  start: string;
}

/** The identity of this process. */
export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= identityOf(process.pid);
  return own;
}

let own: Promise<ProcessIdentity> | undefined;

/** The identity of a process of this machine. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  return { place: here, pid, start: (await startOf(pid)) ?? "" };
}

/**
 * Whether a process is running. A zombie is not, nor is another process that has the same id but
 * started at another time.
 *
 * @returns undefined if it cannot be known: the process belongs to another place, or a process has its
 *   id but an unknown start time
 */
export async function isRunning(identity: ProcessIdentity): Promise<boolean | undefined> {
  const { place, pid, start } = identity;
  if (place !== here) return undefined;
  if (!exists(pid)) return false;
  if (start === "") return undefined;
  const now = await startOf(pid);
  return now === undefined ? exists(pid) && undefined : now === start;
}

const here = createHash("sha256")
  .update(JSON.stringify([hostname(), ...linuxPlace()]))
  .digest("hex")
  .slice(0, 12);

/** The boot, and the container's namespace of process ids. */
function linuxPlace(): string[] {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return [boot, readlinkSync("/proc/self/ns/pid")];
  } catch {
    return [];
  }
}

function exists(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    // Signal 0 only checks that the process exists.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** @returns undefined if unknown; `zombie` for a process that has ended */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    // The name in parentheses may hold anything; after it come the state and, 20th, the start time.
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields?.[0] === "Z" || fields?.[0] === "X" ? "zombie" : fields?.[19];
  }
  const [command, ...args] =
    process.platform === "win32"
      ? [
          "powershell.exe",
          "-NoProfile",
          "-Command",
          `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`,
        ]
      : ["ps", "-o", "stat=,lstart=", "-p", String(pid)];
  if (command === undefined) return undefined;
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const line = await promisify(execFile)(command, args, { env, timeout: 5000 }).then(
    ({ stdout }) => stdout.trim(),
    () => "",
  );
  if (line.startsWith("Z")) return "zombie";
  // The state changes; the time does not.
  return line.replace(/^\D\S*\s+/, "").replaceAll(/\W+/g, "_") || undefined;
}
