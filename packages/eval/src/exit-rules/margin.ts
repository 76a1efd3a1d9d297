import { type ExitLogits, scoreProbabilities } from "./exit-logits.ts";

/** The largest probability less the second, in `[0, 1]`. @param probabilities `[K]`, K at least 2 */
export function margin(probabilities: ArrayLike<number>): number {
  let [first, second] = [0, 0];
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k] ?? NaN;
    if (p > first) [first, second] = [p, first];
    else if (p > second) second = p;
  }
  return first - second;
}

/** `margin` at each exit, `[E][N]`. @throws RangeError as `confidence` */
export function marginScores(input: ExitLogits): Float64Array[] {
  return scoreProbabilities(input, margin);
}
