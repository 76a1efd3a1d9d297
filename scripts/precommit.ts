// Checks a commit in seconds: the format and lint of its files, and the packages' types.
import { join } from "node:path";
import { $ } from "zx";
import { help } from "./help.ts";

help(`npm run precommit

Checks the format and lint of the staged files, as they are on disk, and the types of the
packages (\`tsc -b\`, incremental). It changes no source file. .githooks/pre-commit runs it.`);

const root = join(import.meta.dirname, "..");
const run = $({ cwd: root, preferLocal: root, nothrow: true, quiet: true });

const list = await run`git diff --cached --name-only --diff-filter=ACMR -z`;
if (list.exitCode !== 0) {
  console.error(list.stderr.trimEnd());
  process.exit(1);
}
const staged = list.stdout.split("\0").filter((file) => file !== "");

const checks = [run`tsc -b`];
// Without a file, both would check all files.
if (staged.length > 0)
  checks.push(
    run`oxfmt --check --no-error-on-unmatched-pattern ${staged}`,
    run`oxlint --no-error-on-unmatched-pattern ${staged}`,
  );

for (const { exitCode, stdout, stderr } of await Promise.all(checks)) {
  if (exitCode === 0) continue;
  process.stderr.write(stdout + stderr);
  process.exitCode = 1;
}
