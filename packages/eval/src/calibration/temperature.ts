/** The lowest and highest temperature that a fit returns. */
const bounds = [0.01, 100] as const;

/**
 * The temperature T that makes the true classes most likely under `softmax(logits / T)`: the negative
 * log-likelihood is convex in 1 / T, and its slope, the mean over examples of
 * `sum_k p_k logit_k - logit_label`, is zero at T. Found by bisection, to the last bits of a float64.
 *
 * Clamped to `[0.01, 100]`: logits that are always right would give 0, uninformative ones infinity.
 *
 * @param logits `[N, K]`, row-major
 * @param labels `[N]`, true classes
 * @throws RangeError if there is no example, or the logits are not `[N, K]`
 *
 * Source: Guo et al., arXiv:1706.04599.
 */
export function fitTemperature(logits: ArrayLike<number>, labels: ArrayLike<number>): number {
  const n = labels.length;
  const classes = logits.length / n;
  if (n === 0 || !Number.isInteger(classes)) {
    throw new RangeError(
      `fitTemperature: logits must be [N, K] for N of 1 or more labels, got ${logits.length} numbers for ${n}`,
    );
  }
  let [low, high] = [1 / bounds[1], 1 / bounds[0]];
  if (slope(logits, labels, classes, low) >= 0) return bounds[1];
  if (slope(logits, labels, classes, high) <= 0) return bounds[0];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (slope(logits, labels, classes, middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** The derivative of the summed negative log-likelihood by 1 / T. */
function slope(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  inverse: number,
): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const at = (k: number) => logits[i * classes + k] ?? NaN;
    let max = -Infinity;
    for (let k = 0; k < classes; k++) max = Math.max(max, at(k));
    let weights = 0;
    let mean = 0;
    for (let k = 0; k < classes; k++) {
      const weight = Math.exp((at(k) - max) * inverse);
      weights += weight;
      mean += weight * at(k);
    }
    sum += mean / weights - at(labels[i] ?? NaN);
  }
  return sum;
}
