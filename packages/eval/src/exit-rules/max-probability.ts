import { confidence } from "./confidence.ts";
import type { ExitLogits } from "./exit-logits.ts";

/**
 * Maximum softmax probability at each exit, `[E][N]`, in `[1/K, 1]`: `confidence` of every row,
 * equal to the last bit to what a deployment computes.
 *
 * @throws RangeError as `confidence`
 */
export function maxProbabilityScores({
  logits,
  classes,
  temperatures,
}: ExitLogits): Float64Array[] {
  return logits.map((exit, e) =>
    Float64Array.from({ length: exit.length / classes }, (_, i) =>
      confidence(exit, i * classes, classes, temperatures?.[e] ?? 1),
    ),
  );
}
