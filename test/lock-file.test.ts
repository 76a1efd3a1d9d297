import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type LockFile, lockProblems, platformPackages } from "../scripts/lock-file.ts";

const build = (os: string, cpu: string, libc?: string) => ({
  version: "1.2.3",
  integrity: "sha512-x",
  optional: true,
  os: [os],
  cpu: [cpu],
  ...(libc !== undefined && { libc: [libc] }),
});

/** A complete lock file with one native package. */
function lock(): LockFile {
  const builds = {
    "n-mac": build("darwin", "arm64"),
    "n-win": build("win32", "x64"),
    "n-x64": build("linux", "x64", "glibc"),
    "n-musl": build("linux", "x64", "musl"),
    "n-arm": build("linux", "arm64", "glibc"),
  };
  const optionalDependencies = Object.fromEntries(Object.keys(builds).map((n) => [n, "1.2.3"]));
  return {
    packages: {
      "": {},
      "packages/own": {},
      "node_modules/own": { link: true },
      "node_modules/n": { version: "1.2.3", integrity: "sha512-x", optionalDependencies },
      ...Object.fromEntries(
        // One is in the package's own folder, where npm may put it.
        Object.entries(builds).map(([name, entry]) => [
          `node_modules/${name === "n-arm" ? "n/node_modules/" : ""}${name}`,
          entry,
        ]),
      ),
    },
  };
}

test("the repository's lock file is complete", async () => {
  const file = new URL("../package-lock.json", import.meta.url);
  const read = JSON.parse(await readFile(file, "utf8")) as LockFile;
  expect(Object.keys(read.packages).length).toBeGreaterThan(100);
  expect(lockProblems(read)).toEqual([]);
});

test("a complete lock file has no problems", () => {
  expect(lockProblems(lock())).toEqual([]);
});

test("an entry without a hash is reported", () => {
  const broken = lock();
  delete broken.packages["node_modules/n"]?.integrity;
  expect(lockProblems(broken)).toEqual(["node_modules/n: no integrity"]);
});

test("a platform's package that npm left out is reported, with the platform", () => {
  const broken = lock();
  delete broken.packages["node_modules/n-mac"];
  expect(lockProblems(broken)).toEqual([
    "node_modules/n: its optional package n-mac is not in the lock file",
    "node_modules/n: no package for darwin arm64",
  ]);
});

test("a build for musl does not count as one for glibc", () => {
  const broken = lock();
  const entry = broken.packages["node_modules/n"];
  delete entry?.optionalDependencies?.["n-x64"];
  expect(lockProblems(broken)).toEqual(["node_modules/n: no package for linux x64 glibc"]);
});

test("a package for some platforms only needs no builds for others", () => {
  const some = lock();
  some.packages["node_modules/watch"] = {
    version: "1.2.3",
    integrity: "sha512-x",
    optionalDependencies: { fsevents: "1.0.0" },
  };
  some.packages["node_modules/fsevents"] = {
    version: "1.0.0",
    integrity: "sha512-x",
    optional: true,
    os: ["darwin"],
  };
  expect(lockProblems(some)).toEqual([]);
});

test("lists the packages that npm must install on a platform", () => {
  expect(platformPackages(lock(), { os: "linux", cpu: "arm64", libc: "glibc" })).toEqual([
    "n-arm@1.2.3",
  ]);
  expect(platformPackages(lock(), { os: "darwin", cpu: "arm64" })).toEqual(["n-mac@1.2.3"]);
});
