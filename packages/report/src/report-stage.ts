import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json, StageContext } from "@sweetspot/artifact";
import { readCells } from "./cell.ts";
import { writeFigures } from "./figures/write-figures.ts";
import { makeReport } from "./report.ts";
import type { ReportSettings } from "./settings.ts";

/** The stage `report`. Writes `report.html`, `results.json`, `table.txt` and `figures/`. */
export async function runReport({
  settings,
  inputs,
  output,
  log,
}: StageContext<ReportSettings>): Promise<Record<string, Json>> {
  const cells = await readCells("report", settings.cells, inputs);
  const report = makeReport(settings.title, cells);
  await writeFile(join(output, "report.html"), report.html);
  await writeFile(join(output, "table.txt"), report.table);
  await writeFile(join(output, "results.json"), `${JSON.stringify(report.results)}\n`);
  await writeFigures(output, report.figures);
  log(`report  ${cells.length} cells, ${report.figures.length} figures`);
  return {
    cells: cells.length,
    groups: report.results.groups.length,
    figures: report.figures.length,
  };
}
