import { confidence } from "./confidence.ts";
import type { ExitLogits } from "./exit-logits.ts";

/**
 * Maximum softmax probability at each exit, `[E][N]`, in `[1/K, 1]`: `confidence` of every row, to the
 * last bit what a deployment that stops by it computes.
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
