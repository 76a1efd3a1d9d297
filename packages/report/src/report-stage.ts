import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Json, StageContext } from "@sweetspot/artifact";
import { inputOf, type ReportedCell, readCells, withMistakes } from "./cell.ts";
import { writeFigures } from "./figures/write-figures.ts";
import { makeReport } from "./report.ts";
import type { ReportSettings } from "./settings.ts";

/** The stage `report`. Writes `report.html`, `results.json`, `table.txt`, `figures/` and, where the texts are known, `predictions/`. */
export async function runReport({
  settings,
  inputs,
  output,
  log,
}: StageContext<ReportSettings>): Promise<Record<string, Json>> {
  const cells: ReportedCell[] = [];
  for (const cell of await readCells("report", settings.cells, inputs))
    cells.push(await withMistakes(cell, inputOf("report", cell, inputs)));
  const report = makeReport(settings.title, cells);
  await writeFile(join(output, "report.html"), report.html);
  await writeFile(join(output, "table.txt"), report.table);
  await writeFile(join(output, "results.json"), `${JSON.stringify(report.results)}\n`);
  await writeFigures(output, report.figures);
  for (const { input, file } of report.predictions) {
    await mkdir(dirname(join(output, file)), { recursive: true });
    const from = inputs[input]?.path("predictions.csv");
    if (from !== undefined) await copyFile(from, join(output, file));
  }
  log(`report  ${cells.length} cells, ${report.figures.length} figures`);
  return {
    cells: cells.length,
    groups: report.results.groups.length,
    figures: report.figures.length,
  };
}
