import {
  type Artifact,
  type CellResults,
  cellResultsSchema,
  type CostedOutcomes,
  readJsonAs,
  readOutcomes,
  readRightAnswers,
  type RightAnswers,
} from "@sweetspot/artifact";
import type { ReportCell } from "./settings.ts";

/** A cell: which it is, its results, and which test examples it answers right. */
export interface Cell extends ReportCell {
  results: CellResults;
  right: RightAnswers;
  /** Every test example at every exit, to draw curves on resampled examples; claims need them. */
  outcomes?: CostedOutcomes | undefined;
}

/**
 * Reads an artifact of the stage `eval`.
 *
 * @throws Error, TypeError or RangeError that names the file: not JSON, another schema, a method
 *   other than `cell` says, or right answers of another shape
 */
export async function readCell(cell: ReportCell, artifact: Artifact): Promise<Cell> {
  const file = artifact.path("results.json");
  const results = await readJsonAs(file, cellResultsSchema);
  if (results.method !== cell.method) {
    throw new RangeError(
      `${file}: the settings say that ${cell.input} is ${cell.method}, it holds ${results.method}`,
    );
  }
  const right = await readRightAnswers(artifact, results);
  return { ...cell, results, right, outcomes: await readOutcomes(artifact, results) };
}
