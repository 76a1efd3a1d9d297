import { type Artifact, type CostedOutcomes, readOutcomes } from "@sweetspot/artifact";
import { readCell, type ReportedCell } from "@sweetspot/report/parts";
import type { ReportCell } from "@sweetspot/report/settings";

/** A cell with each exit's outcome on every test example, so that curves can be recomputed on resampled examples. */
export interface StudyCell extends ReportedCell {
  outcomes: CostedOutcomes;
}

/** Reads an artifact of the stage `eval`. @throws as `readCell` and `readOutcomes` */
export async function readStudyCell(cell: ReportCell, artifact: Artifact): Promise<StudyCell> {
  const read = await readCell(cell, artifact);
  return { ...read, outcomes: await readOutcomes(artifact, read.results) };
}
