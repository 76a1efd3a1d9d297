// Checks that the lock file installs the same bytes everywhere: each entry has a hash, each native package
// has a build for every platform that the README promises, and npm agrees.
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $, glob } from "zx";
import { help } from "./help.ts";
import { type LockFile, lockProblems, nameOf, platformPackages, platforms } from "./lock-file.ts";

help(
  "npm run check:lock\n\nChecks package-lock.json: its hashes, its packages for every platform, and what npm would install.",
);

const root = join(import.meta.dirname, "..");
const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as LockFile;
const problems = lockProblems(lock);

const copy = await mkdtemp(join(tmpdir(), "sweetspot-lock-"));
try {
  // Without node_modules, npm lists every package as one to add.
  const files = ["package-lock.json", ".npmrc", "package.json", "{packages,tools}/*/package.json"];
  for (const file of await glob(files, { cwd: root, dot: true }))
    await cp(join(root, file), join(copy, file));
  for (const platform of platforms) {
    const options = Object.entries(platform).map(([name, value]) => `--${name}=${value}`);
    const { stdout, stderr, exitCode } = await $({
      cwd: copy,
      quiet: true,
      nothrow: true,
    })`npm ci --dry-run --loglevel=notice ${options}`;
    const where = `npm ci --dry-run on ${nameOf(platform)}`;
    if (exitCode !== 0) problems.push(`${where}: exited with ${exitCode}: ${stderr.trim()}`);
    for (const line of `${stdout}\n${stderr}`.split("\n"))
      if (line.includes("Missing:")) problems.push(`${where}: ${line.trim()}`);
    const added = new Set(
      [...stdout.matchAll(/^add (\S+) (\S+)$/gm)].map(([, name, version]) => `${name}@${version}`),
    );
    const expected = platformPackages(lock, platform);
    for (const name of expected)
      if (!added.has(name)) problems.push(`${where}: would not install ${name}`);
    console.log(
      `${nameOf(platform)}: ${added.size} packages, ${expected.length} only for this platform`,
    );
  }
} finally {
  await rm(copy, { recursive: true, force: true });
}

for (const line of problems) console.log(`package-lock.json: ${line}`);
if (problems.length > 0) {
  console.log("to recreate it, delete package-lock.json and node_modules, then run npm install");
  process.exitCode = 1;
} else console.log(`package-lock.json: ${Object.keys(lock.packages).length} entries, no problems`);
