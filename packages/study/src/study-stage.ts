import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json, StageContext } from "@sweetspot/artifact";
import { inputOf, writeFigures } from "@sweetspot/report/parts";
import { readStudyCell, type StudyCell } from "./cell.ts";
import { makeStudy } from "./make-study.ts";
import type { StudySettings } from "./settings.ts";

/** The stage `study`. Writes `study.html`, `study.json`, `table.txt` and `figures/`. */
export async function runStudy({
  settings,
  inputs,
  output,
  log,
}: StageContext<StudySettings>): Promise<Record<string, Json>> {
  const cells: StudyCell[] = [];
  for (const cell of settings.cells)
    cells.push(await readStudyCell(cell, inputOf("study", cell, inputs)));
  const { html, table, numbers, figures } = makeStudy(settings.title, cells, settings);
  await writeFile(join(output, "study.html"), html);
  await writeFile(join(output, "table.txt"), table);
  await writeFile(join(output, "study.json"), `${JSON.stringify(numbers)}\n`);
  await writeFigures(output, figures);
  log(`study  ${cells.length} cells, ${figures.length} figures`);
  return { cells: cells.length, figures: figures.length };
}
