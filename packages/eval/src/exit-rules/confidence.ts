/** The exit rule by maximum softmax probability. Running a bundle and drawing a curve use these same functions. */

/**
 * The maximum softmax probability of one row of logits: `1 / sum(exp((logit - max) / T))`, in
 * `[1/K, 1]`, computed in float64 for any type of logits. The same logits give the same bits.
 *
 * @param logits holds the row at `[start, start + classes)`
 * @param temperature T, above 0: see `fitTemperature`
 * @throws RangeError if a logit is NaN or the largest is infinite, or there are none
 */
export function confidence(
  logits: ArrayLike<number>,
  start = 0,
  classes: number = logits.length - start,
  temperature = 1,
): number {
  const max = logits[start + argmax(logits, start, classes)] ?? NaN;
  let sum = 0;
  for (let k = start; k < start + classes; k++)
    sum += Math.exp(((logits[k] ?? NaN) - max) / temperature);
  if (!(sum >= 1)) {
    throw new RangeError(
      `confidence: logits must be finite, got ${Array.from({ length: classes }, (_, k) => logits[start + k]).join(", ") || "none"}`,
    );
  }
  return 1 / sum;
}

/**
 * The predicted class: the index of the largest logit; of equals, the first.
 *
 * @param logits holds the row at `[start, start + classes)`
 */
export function argmax(
  logits: ArrayLike<number>,
  start = 0,
  classes: number = logits.length - start,
): number {
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if ((logits[start + k] ?? NaN) > (logits[start + best] ?? NaN)) best = k;
  }
  return best;
}

/**
 * Softmax of one row of logits divided by a temperature, in float64; finite for logits of any size.
 *
 * @throws RangeError as `confidence`
 */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const scale = confidence(logits, 0, logits.length, temperature);
  const max = logits[argmax(logits)] ?? NaN;
  return Float64Array.from(logits, (logit) => Math.exp((logit - max) / temperature) * scale);
}

/**
 * Whether an example leaves at an exit: its confidence there reaches the threshold. The last exit
 * takes all examples without a test.
 *
 * @param threshold in `[0, 1]`
 */
export function leaves(confidence: number, threshold: number): boolean {
  return confidence >= threshold;
}

/**
 * The exit (from 0) at which an example leaves: the first whose confidence reaches the threshold,
 * or else the last.
 *
 * @param confidences one example's, by exit
 */
export function exitOf(confidences: ArrayLike<number>, threshold: number): number {
  const last = confidences.length - 1;
  for (let e = 0; e < last; e++) if (leaves(confidences[e] ?? NaN, threshold)) return e;
  return last;
}
