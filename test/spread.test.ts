import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/** A list spread into the arguments of a variadic call. */
const spread =
  /(?:\.(?:push|unshift|concat|splice)|Math\.(?:max|min)|from(?:CharCode|CodePoint))\((?:[^()[\]{}]|\([^()]*\))*?\.\.\./g;

test.each([
  ["all.push(...rows)", 1],
  ["all.push(\n  ...rows.map((row) => row.text),\n)", 1],
  ["Math.max(0, ...f(x))", 1],
  ["String.fromCharCode(...codes)", 1],
  ["all.push([...row])", 0],
  ["all.push(row); f(...rest)", 0],
  ["new Set([...a, ...b])", 0],
])("%j: %i", (code, found) => {
  expect(code.match(spread) ?? []).toHaveLength(found);
});

test("no list is spread into a call: it may be as long as the data", async () => {
  const packages = join(import.meta.dirname, "..", "packages");
  const all = await Promise.all(
    ["data", "tokenizer"].map(async (name) => {
      const files = await readdir(join(packages, name, "src"), { recursive: true });
      return files.map((file) => join(packages, name, "src", file));
    }),
  );
  const files = all.flat().filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  expect(files.length).toBeGreaterThan(70);
  const found: string[] = [];
  for (const file of files) {
    const code = await readFile(file, "utf8");
    for (const [match] of code.matchAll(spread)) found.push(`${file}: ${match}`);
  }
  expect(found).toEqual([]);
});
