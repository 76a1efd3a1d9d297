// Checks the packages' types and runs the tests of changed files, side by side, after each save.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { kill } from "zx";
import { help } from "./help.ts";

help(`npm run dev -- [FILTER]...

Runs \`tsc -b --watch\` and Vitest's watch mode side by side. Vitest starts with the tests that import
an uncommitted change, or with all tests while a package.json has one. After each save it runs the tests
that import the saved file. FILTER, such as packages/eval, leaves out all other tests.
Ctrl-C stops both; a build in progress finishes first.`);

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

// Vitest gets the keyboard. It does not overwrite .run/tests.json, the report of a full run.
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

/** Ends both processes and their children: TypeScript's script, for example, starts a separate compiler. */
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
