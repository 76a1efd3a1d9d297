import type { Artifact } from "../folder/folder.ts";
import { SafetensorsFile } from "../safetensors/safetensors.ts";
import { writeSafetensors } from "../safetensors/write-safetensors.ts";
import type { CellResults } from "./results.ts";

/** What every example met at every exit. E exits, N examples. */
export interface Outcomes {
  /** Maximum softmax probability, `[E][N]`. */
  confidences: readonly ArrayLike<number>[];
  /** 1 where the exit's prediction is right, `[E][N]`. */
  correct: readonly ArrayLike<number>[];
}

/** The outcomes of a cascade of E exits on N examples, and what its exits cost. */
export interface CostedOutcomes extends Outcomes {
  /** Layers run in all by an example that leaves at each exit, `[E]`, rising (`CascadeExit.layers`). */
  exitLayers: readonly number[];
  /** The full model's depth. */
  layers: number;
}

/** 1 where a test example is answered right, else 0. */
export interface RightAnswers {
  /** By each exit alone, `[E][N]`. */
  exits: readonly ArrayLike<number>[];
  /** By the cascade, at each entry of `CellResults.atBudget`, `[B][N]`. */
  atBudget: readonly ArrayLike<number>[];
}

/**
 * Writes `outcomes.safetensors` of the stage `eval`: float32 `confidences` and int32 `correct`,
 * `[E, N]`. A curve drawn from it can differ from the exact one where two confidences are the same in
 * float32.
 */
export async function writeOutcomes(
  path: string,
  { confidences, correct }: Outcomes,
): Promise<void> {
  await writeSafetensors(path, {
    confidences: matrix(confidences, Float32Array),
    correct: matrix(correct, Int32Array),
  });
}

/**
 * What a cascade did on every test example, with what its exits cost, so that curves can be drawn
 * again on resampled examples (`areaDifference`, in the package `eval`).
 *
 * @param evaluation an artifact of the stage `eval`
 * @param results its `results.json`
 * @throws Error, RangeError or TypeError that names the file: missing, or tensors of another shape
 */
export async function readOutcomes(
  evaluation: Artifact,
  { exits, layers, examples }: Pick<CellResults, "exits" | "layers" | "examples">,
): Promise<CostedOutcomes> {
  const counts = { confidences: exits.length, correct: exits.length };
  const rows = await readRows(evaluation.path("outcomes.safetensors"), counts, examples);
  return { ...rows, exitLayers: exits.map((exit) => exit.layers), layers };
}

/** Writes `right-answers.safetensors` of the stage `eval`: int32 `exits` `[E, N]` and `atBudget` `[B, N]`. */
export async function writeRightAnswers(path: string, right: RightAnswers): Promise<void> {
  const n = right.exits[0]?.length ?? 0;
  await writeSafetensors(path, {
    exits: matrix(right.exits, Int32Array, n),
    atBudget: matrix(right.atBudget, Int32Array, n),
  });
}

/** Reads what `writeRightAnswers` wrote. @throws as `readOutcomes` */
export async function readRightAnswers(
  evaluation: Artifact,
  { exits, atBudget, examples }: Pick<CellResults, "exits" | "atBudget" | "examples">,
): Promise<RightAnswers> {
  const counts = { exits: exits.length, atBudget: atBudget.length };
  return readRows(evaluation.path("right-answers.safetensors"), counts, examples);
}

function matrix<A extends Float32Array | Int32Array>(
  rows: readonly ArrayLike<number>[],
  array: new (length: number) => A,
  n: number = rows[0]?.length ?? 0,
): { shape: number[]; data: A } {
  const data = new array(rows.length * n);
  rows.forEach((row, i) => data.set(row, i * n));
  return { shape: [rows.length, n], data };
}

/** Tensors `[count, n]` of a file, each as its rows. */
async function readRows<Name extends string>(
  path: string,
  counts: Readonly<Record<Name, number>>,
  n: number,
): Promise<Record<Name, ArrayLike<number>[]>> {
  const file = await SafetensorsFile.open(path);
  try {
    const read: Partial<Record<Name, ArrayLike<number>[]>> = {};
    for (const name of Object.keys(counts) as Name[]) {
      const count = counts[name];
      const { data } = await file.read(name, [count, n]);
      read[name] = Array.from({ length: count }, (_, i) => data.subarray(i * n, (i + 1) * n));
    }
    return read as Record<Name, ArrayLike<number>[]>;
  } finally {
    await file.close();
  }
}
