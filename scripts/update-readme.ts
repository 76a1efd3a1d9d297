// Writes the demo's table and figure into the README, from `runs/demo`, and the claims, from
// `docs/results/low-resource.json`. Run the demo first; `npx turbo run pipeline -- low-resource` makes the
// JSON file.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { signed } from "@sweetspot/report/parts";
import type { StudyNumbers } from "@sweetspot/study";
import { withParts } from "./markdown.ts";
import { help } from "./help.ts";

help(
  `npm run update:readme\n\nWrites the demo's table and figure and the claims into the README. Run the demo first.`,
);

const root = join(import.meta.dirname, "..");
const at = (path: string) => join(root, path);

const table = await readFile(at("runs/demo/table.txt"), "utf8").catch((cause: unknown) => {
  throw new Error("runs/demo/table.txt: cannot be read; run npx turbo run pipeline first", {
    cause,
  });
});
const study = JSON.parse(
  await readFile(at("docs/results/low-resource.json"), "utf8"),
) as StudyNumbers; // the study's own
const readme = await readFile(at("README.md"), "utf8");
const updated = readme.replace(/```text\n[^]*?```/, () => `\`\`\`text\n${table.trimEnd()}\n\`\`\``);
await writeFile(at("README.md"), withParts(updated, { claims: claimsTable(study) }));
await mkdir(at("docs/figures"), { recursive: true });
await copyFile(
  at("runs/demo/figures/sentiment-minilm-accuracy-by-layers.svg"),
  at("docs/figures/demo-curve.svg"),
);
console.log("README.md and docs/figures/demo-curve.svg now show the latest runs");

/** The claims as a Markdown table: percentage points. */
function claimsTable({ claims }: StudyNumbers): string {
  const points = (x: number | null) => (x === null ? "–" : signed(x / 100));
  const rows = claims.map(({ id, statement, paper, effect, low, high, verdict, parts = [] }) => {
    const others = parts
      .slice(1)
      .map((p) => `; ${p.name} ${points(p.effect)} (${points(p.low)} to ${points(p.high)})`);
    const first = parts[0] === undefined ? "" : `${parts[0].name} `;
    const ours =
      effect === null
        ? "not measured"
        : `${first}${points(effect)} (${points(low)} to ${points(high)})${others.join("")}`;
    return `| ${id} | ${statement} | ${paper} | ${ours} | **${verdict}** |`;
  });
  return [
    "| | the paper's claim | there | here, in points (interval) | verdict |",
    "| --: | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
