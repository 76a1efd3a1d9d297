import { type ExitLogits, scoreProbabilities } from "./exit-logits.ts";

/**
 * One less the normalised entropy, `1 + sum_k p_k log p_k / log K`, in `[0, 1]`: 0 if all classes
 * are equally likely, 1 if one is certain.
 *
 * @param probabilities `[K]`, K at least 2, summing to 1
 * Source: BranchyNet, arXiv:1709.01686 (which leaves if the entropy is low), divided by log K.
 */
export function certainty(probabilities: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k] ?? NaN;
    // p log p tends to 0 with p.
    if (p !== 0) sum += p * Math.log(p);
  }
  return Math.min(1, Math.max(0, 1 + sum / Math.log(probabilities.length)));
}

/** `certainty` at each exit, `[E][N]`. @throws RangeError as `confidence` */
export function entropyScores(input: ExitLogits): Float64Array[] {
  return scoreProbabilities(input, certainty);
}
