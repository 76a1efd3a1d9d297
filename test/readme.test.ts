import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const packages = readdirSync(join(root, "packages"));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/architecture.md",
  ...packages.map((name) => `packages/${name}/README.md`),
];

describe("documentation", () => {
  it.each(packages)("the examples of %s's README are those in examples", (name) => {
    const readme = read(`packages/${name}/README.md`);
    const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map((m) => m[1]);
    expect(blocks[0]).toBe(read(`examples/${name}.ts`));
    const more = readdirSync(join(root, "examples")).filter((file) => file.startsWith(`${name}-`));
    for (const file of more) expect(blocks).toContain(read(`examples/${file}`));
  });

  it.each(pages)("%s links to what is there", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((m) => m[1] ?? "");
    const missing = links.filter((link) => !existsSync(join(root, dirname(page), link)));
    expect(missing.map((link) => `${relative(root, page)}: ${link}`)).toEqual([]);
  });
});
