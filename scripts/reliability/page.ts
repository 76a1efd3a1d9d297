import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { table, withParts } from "../markdown.ts";

const root = join(import.meta.dirname, "..", "..");

/**
 * Writes a campaign's figures into its table in docs/reliability.md, with the date and Node's version.
 * Rows that were not run now stay; a row is identified by its first cell.
 */
export async function writeFigures(
  campaign: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): Promise<void> {
  const page = join(root, "docs", "reliability.md");
  const text = await readFile(page, "utf8");
  const day = new Date().toISOString().slice(0, 10);
  const merged = new Map(rowsIn(text, campaign).map((row) => [row[0] ?? "", row]));
  for (const row of rows)
    merged.set(String(row[0]), [...row.map(String), `${day}, Node ${process.versions.node}`]);
  const figures = table([...head, "measured"], [...merged.values()]);
  await writeFile(page, withParts(text, { [campaign]: figures }));
  await $({ cwd: root, quiet: true })`npx oxfmt ${page}`;
  console.log(`docs/reliability.md shows the figures of ${campaign}`);
}

/** The rows of a campaign's table, without its header. */
function rowsIn(page: string, campaign: string): string[][] {
  const [, part = ""] = new RegExp(`<!-- ${campaign} -->\n([^]*?)<!-- /`).exec(page) ?? [];
  const lines = part.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .slice(1, line.lastIndexOf("|"))
      .split("|")
      .map((cell) => cell.trim()),
  );
}
