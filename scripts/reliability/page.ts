import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "zx";
import { withParts } from "../markdown.ts";

const root = join(import.meta.dirname, "..", "..");

/** Puts a campaign's figures into docs/reliability.md, under its name, with the day and the versions. */
export async function writeFigures(campaign: string, figures: string): Promise<void> {
  const page = join(root, "docs", "reliability.md");
  const day = new Date().toISOString().slice(0, 10);
  const content = `${figures}\n\nMeasured on ${day}, Node ${process.versions.node}, ${process.platform} ${process.arch}.`;
  await writeFile(page, withParts(await readFile(page, "utf8"), { [campaign]: content }));
  await $({ cwd: root, quiet: true })`npx oxfmt ${page}`;
  console.log(`docs/reliability.md shows the figures of ${campaign}`);
}
