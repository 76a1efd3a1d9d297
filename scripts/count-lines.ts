// Counts the lines of the packages' sources, as docs/architecture.md and reviews of size use them.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { glob } from "zx";
import { help } from "./help.ts";
import { table } from "./markdown.ts";

help(
  `npm run count\n\nCounts the lines of each package's source, without tests, test helpers, comments, blank lines and imports.`,
);

const root = join(import.meta.dirname, "..");
const files = await glob("packages/*/src/**/*.ts", {
  cwd: root,
  ignore: ["**/*.test.ts", "**/testing.ts", "**/testing/**"],
});
const counts = new Map<string, { files: number; lines: number; code: number }>();
for (const file of files.sort()) {
  const text = (await readFile(join(root, file), "utf8")).replaceAll(/\/\*[^]*?\*\//g, "");
  const isLine = (line: string) => line.trim() !== "" && !/^\s*\/\//.test(line);
  const lines = text.split("\n").filter(isLine).length;
  const withoutImports = text.replaceAll(
    /^(?:im|ex)port (?:type )?(?:[^;"]* from )?"[^"]*";$/gm,
    "",
  );
  const code = withoutImports.split("\n").filter(isLine).length;
  for (const name of [file.split("/")[1] ?? "", "in all"]) {
    const before = counts.get(name) ?? { files: 0, lines: 0, code: 0 };
    counts.set(name, {
      files: before.files + 1,
      lines: before.lines + lines,
      code: before.code + code,
    });
  }
}
const all = counts.get("in all");
counts.delete("in all");
const rows = [...counts, ...(all === undefined ? [] : [["in all", all] as const])];
console.log(
  table(
    ["package", "files", "lines", "without imports and re-exports"],
    rows.map(([name, count]) => [name, count.files, count.lines, count.code]),
  ),
);
