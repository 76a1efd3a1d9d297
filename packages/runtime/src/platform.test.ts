import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { platformProblem } from "./platform.ts";

test("the builds are those that the installed onnxruntime-node ships", async () => {
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
  const bin = join(dirname(entry), "..", "bin", "napi-v6");
  expect(existsSync(bin)).toBe(true);
  for (const platform of ["aix", "darwin", "freebsd", "linux", "win32"]) {
    const there = await readdir(join(bin, platform)).catch((): string[] => []);
    for (const arch of ["arm64", "ia32", "ppc64", "x64"]) {
      expect([platform, arch, platformProblem(platform, arch) === undefined]).toEqual([
        platform,
        arch,
        there.includes(arch),
      ]);
    }
  }
});

test("the error for an Intel Mac names it, and the platforms that work", () => {
  expect(platformProblem("darwin", "x64")).toMatch(
    /^onnxruntime-node has no build for Intel Macs \(it has darwin arm64, .*\); use one of these/,
  );
});
