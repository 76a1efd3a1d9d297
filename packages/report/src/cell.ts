import {
  type Artifact,
  type CellResults,
  cellResultsSchema,
  type Mistakes,
  mistakesSchema,
  readJsonAs,
  readRightAnswers,
  type RightAnswers,
} from "@sweetspot/artifact";
import type { ReportCell } from "./settings.ts";

/** A cell: its name, its results, and which test examples it answers correctly. */
export interface ReportedCell extends ReportCell {
  results: CellResults;
  right: RightAnswers;
  /** Examples to look at, and that `predictions.csv` lies beside them; absent where the texts are not known. */
  mistakes?: Mistakes | undefined;
}

/**
 * Reads an artifact of the stage `eval`.
 *
 * @throws Error, TypeError or RangeError that names the file if it is not JSON or does not match the
 *   schema, the objective is not `cell`'s, or the right answers have another shape
 */
export async function readCell(cell: ReportCell, artifact: Artifact): Promise<ReportedCell> {
  const file = artifact.path("results.json");
  const results = await readJsonAs(file, cellResultsSchema);
  const expected = cell.objective ?? cell.method;
  if (results.method !== expected) {
    throw new RangeError(
      `${file}: the settings say that ${cell.input} is ${expected}, but it holds ${results.method}`,
    );
  }
  return { ...cell, results, right: await readRightAnswers(artifact, results) };
}

/**
 * Reads a stage's cells.
 *
 * @param stage its name, for errors
 * @throws RangeError if an input is missing, or as `readCell`
 */
export async function readCells(
  stage: string,
  cells: readonly ReportCell[],
  inputs: Readonly<Record<string, Artifact>>,
): Promise<ReportedCell[]> {
  const read: ReportedCell[] = [];
  for (const cell of cells) read.push(await readCell(cell, inputOf(stage, cell, inputs)));
  return read;
}

/** Adds the mistakes that an artifact of the stage `eval` names, if any. @throws as `readCell` */
export async function withMistakes(cell: ReportedCell, artifact: Artifact): Promise<ReportedCell> {
  if (artifact.manifest.files["mistakes.json"] === undefined) return cell;
  return { ...cell, mistakes: await readJsonAs(artifact.path("mistakes.json"), mistakesSchema) };
}

/** The artifact of a cell. @throws RangeError if the stage has no such input */
export function inputOf(
  stage: string,
  { input }: ReportCell,
  inputs: Readonly<Record<string, Artifact>>,
): Artifact {
  const artifact = inputs[input];
  if (artifact !== undefined) return artifact;
  const names = Object.keys(inputs).join(", ") || "none";
  throw new RangeError(`${stage}: no input "${input}" (has ${names})`);
}
