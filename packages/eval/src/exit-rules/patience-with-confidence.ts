import type { ExitLogits } from "./exit-logits.ts";
import { maxProbabilityScores } from "./max-probability.ts";
import { agreeingExits } from "./patience.ts";

/**
 * The smallest maximum probability among the last `patience` exits if they agree, else 0, `[E][N]`, in
 * `[0, 1]`: an example leaves once that many exits in a row give the same answer and each of them is
 * confident.
 *
 * @param patience how many exits, at least 1; at 1 this is `maxProbabilityScores`
 * @throws RangeError as `confidence`, or if patience is not a whole number of at least 1
 */
export function patienceWithConfidenceScores(input: ExitLogits, patience = 2): Float64Array[] {
  if (!(Number.isInteger(patience) && patience >= 1)) {
    throw new RangeError(
      `patienceWithConfidenceScores: patience must be a whole number of at least 1, got ${patience}`,
    );
  }
  const confidences = maxProbabilityScores(input);
  return agreeingExits(input).map((counts, e) =>
    Float64Array.from(counts, (count, i) =>
      count < patience
        ? 0
        : Math.min(...confidences.slice(e + 1 - patience, e + 1).map((row) => row[i] ?? NaN)),
    ),
  );
}
