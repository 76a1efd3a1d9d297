// The types of the packages and the tests of what changed, side by side, again after each save.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { kill } from "zx";
import { help } from "./help.ts";

help(`npm run dev -- [FILTER]...

Runs \`tsc -b --watch\` and Vitest's watch mode side by side. Vitest starts with the tests that import
an uncommitted change, and after each save runs those that import the saved file; where a package.json
has an uncommitted change, it starts with all. FILTER, such as packages/eval, leaves other tests out.
Ctrl-C stops both; a build under way ends first.`);

const modules = join(import.meta.dirname, "../node_modules");
const start = (script: string, args: readonly string[], stdio: "inherit" | "pipe") =>
  spawn(process.execPath, [join(modules, script), ...args], {
    stdio: [stdio === "pipe" ? "ignore" : "inherit", stdio, "inherit"],
  });

const build = start(
  "typescript/bin/tsc",
  ["-b", "--watch", "--preserveWatchOutput", "--pretty", String(process.stdout.isTTY === true)],
  "pipe",
);
if (build.stdout !== null)
  createInterface(build.stdout).on("line", (line) =>
    console.log(line === "" ? "" : `tsc: ${line}`),
  );

// The keyboard is Vitest's. The report in .run/tests.json stays that of a whole run.
const tests = start(
  "vitest/vitest.mjs",
  [
    "watch",
    "--changed",
    "--clearScreen=false",
    "--reporter=default",
    "--passWithNoTests",
    ...process.argv.slice(2),
  ],
  "inherit",
);

const children: readonly ChildProcess[] = [build, tests];
let stopping = false;

/** Ends both with all that they started: TypeScript's script, for one, waits for a compiler of its own. */
async function stop(status: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  process.exitCode = status;
  for (const { pid, exitCode, signalCode } of children)
    if (pid !== undefined && exitCode === null && signalCode === null) await kill(pid);
}

for (const child of children) child.on("exit", (code) => void stop(code ?? 1));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => void stop(130));
