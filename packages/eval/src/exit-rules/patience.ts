import { type ExitLogits, predictedClasses } from "./exit-logits.ts";

/**
 * How many exits in a row, up to and including this one, predict the same class, `[E][N]`: 1 at the
 * first exit and after every change of the answer.
 */
export function agreeingExits(input: ExitLogits): Int32Array[] {
  const predicted = predictedClasses(input);
  const counts: Int32Array[] = [];
  predicted.forEach((row, e) => {
    counts.push(
      row.map((label, i) => (label === predicted[e - 1]?.[i] ? 1 + (counts[e - 1]?.[i] ?? 0) : 1)),
    );
  });
  return counts;
}

/**
 * `agreeingExits` over E, `[E][N]`, in `[1/E, 1]`. The paper's patience t, t agreements with the
 * previous exit, is the threshold `(t + 1) / E`.
 *
 * Source: PABEE, arXiv:2006.04152.
 */
export function patienceScores(input: ExitLogits): Float64Array[] {
  const exits = input.exits ?? input.logits.length;
  return agreeingExits(input).map((row) => Float64Array.from(row, (count) => count / exits));
}
