import { type Artifact, parse, readJson, SafetensorsFile } from "@sweetspot/artifact";
import {
  type CellResults,
  cellResultsSchema,
  type CostedOutcomes,
  readOutcomes,
} from "@sweetspot/eval";
import type { ReportCell } from "./settings.ts";

/** A cell: which it is, what came out, and which test examples it answers rightly. */
export interface Cell extends ReportCell {
  results: CellResults;
  right: RightAnswers;
  /** Every test example at every exit, to draw curves on resampled examples; claims need them. */
  outcomes?: CostedOutcomes | undefined;
}

/** 1 where the answer is right: of each exit alone, `[E][N]`, and of the cascade at each budget, `[B][N]`. */
export interface RightAnswers {
  exits: readonly ArrayLike<number>[];
  atBudget: readonly ArrayLike<number>[];
}

/**
 * Reads an eval artefact.
 *
 * @throws Error, TypeError or RangeError that names the file: not JSON, another schema, a method
 *   other than `cell` says, or right answers of another shape
 */
export async function readCell(cell: ReportCell, artifact: Artifact): Promise<Cell> {
  const file = artifact.path("results.json");
  const results = parse(cellResultsSchema, await readJson(file), file);
  if (results.method !== cell.method) {
    throw new RangeError(
      `${file}: the settings say that ${cell.input} is ${cell.method}, it holds ${results.method}`,
    );
  }
  const answers = await SafetensorsFile.open(artifact.path("right-answers.safetensors"));
  try {
    const rows = async (name: string, count: number) => {
      const n = results.examples;
      const { data } = await answers.read(name, [count, n]);
      return Array.from({ length: count }, (_, i) =>
        Int32Array.from(data.subarray(i * n, i * n + n)),
      );
    };
    const right = {
      exits: await rows("exits", results.exits.length),
      atBudget: await rows("atBudget", results.atBudget.length),
    };
    const outcomes = await readOutcomes(artifact, results);
    return { ...cell, results, right, outcomes };
  } finally {
    await answers.close();
  }
}
