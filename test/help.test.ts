import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { glob } from "zx";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(await readFile(`${root}package.json`, "utf8")) as {
  scripts: Record<string, string>;
};
const ofPackage = Object.values(scripts).flatMap((s) => s.match(/(?<=tsx )\S+\.ts/g) ?? []);
const files = [...new Set([...ofPackage, ...(await glob("bench/ours/*.ts", { cwd: root }))])];

async function run(file: string, option: string) {
  const args = ["--import", "tsx", file, option];
  return promisify(execFile)(process.execPath, args, { cwd: root }).then(
    ({ stdout }) => ({ status: 0, stdout, stderr: "" }),
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, status: error.code }),
  );
}

test("finds the scripts", () => {
  expect(files).toContain("bench/run.ts");
  expect(files.length).toBeGreaterThan(12);
});

test.each(files)("%s handles --help before it does anything else", async (file) => {
  const text = await readFile(`${root}${file}`, "utf8");
  // A script that others import handles it in `main`.
  const source = text.replace(/^if \(import\.meta\.filename === .*\) await main\(\);$/m, "");
  const asks = source.search(/^ {0,2}help\(/m);
  expect(asks).toBeGreaterThan(0);
  expect(source.slice(0, asks)).not.toMatch(/^(await|console|if|for|try|const \w+ = await)\b/m);
});

test.each(["bench/run.ts", "scripts/push.ts"])("%s prints its usage for --help", async (file) => {
  const { status, stdout } = await run(file, "--help");
  expect(stdout).toMatch(/^npm run .*\n\n.*\.\n/s);
  expect(status).toBe(0);
});

test("an unknown option is an error before anything runs", async () => {
  const { status, stderr, stdout } = await run("bench/run.ts", "--hlep");
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^unknown option --hlep\n\nnpm run bench/);
});
