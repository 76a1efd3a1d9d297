import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json, StageContext } from "@sweetspot/artifact";
import { type Cell, readCell } from "./cell.ts";
import { png } from "./figures/png.ts";
import { makeReport } from "./report.ts";
import type { ReportSettings } from "./settings.ts";

/** The stage `report`. Leaves `report.html`, `results.json`, `table.txt`, `figures/` and, with claims, `study.json`. */
export async function runReport({
  settings,
  inputs,
  output,
  log,
}: StageContext<ReportSettings>): Promise<Record<string, Json>> {
  const cells: Cell[] = [];
  for (const cell of settings.cells) {
    const artifact = inputs[cell.input];
    if (artifact === undefined) {
      throw new RangeError(
        `report: no input "${cell.input}" (has ${Object.keys(inputs).join(", ") || "none"})`,
      );
    }
    cells.push(await readCell(cell, artifact));
  }
  const report = makeReport(settings.title, cells, settings);
  await writeFile(join(output, "report.html"), report.html);
  await writeFile(join(output, "table.txt"), report.table);
  await writeFile(join(output, "results.json"), `${JSON.stringify(report.results)}\n`);
  if (report.study !== undefined) {
    await writeFile(join(output, "study.json"), `${JSON.stringify(report.study)}\n`);
  }
  await mkdir(join(output, "figures"));
  for (const { name, svg } of report.figures) {
    await writeFile(join(output, "figures", `${name}.svg`), svg);
    await writeFile(join(output, "figures", `${name}.png`), png(svg));
  }
  log(`report  ${cells.length} cells, ${report.figures.length} figures`);
  return {
    cells: cells.length,
    groups: report.results.groups.length,
    figures: report.figures.length,
  };
}
