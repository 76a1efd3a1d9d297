/** An interval for a share. */
export type Interval = [low: number, high: number];

/**
 * The Wilson score interval of `correct` of `n`, within `[0, 1]`: unlike the normal interval it
 * keeps its level near 0 and 1 and for small n.
 *
 * @param level in `(0, 1)`
 * @throws RangeError unless `0 <= correct <= n`, `n >= 1` and `0 < level < 1`
 * Source: Wilson 1927; Brown, Cai and DasGupta 2001, equation 4.
 */
export function wilson(correct: number, n: number, level = 0.95): Interval {
  if (!(n >= 1 && correct >= 0 && correct <= n)) {
    throw new RangeError(
      `wilson: correct must be in [0, n] and n at least 1, got ${correct} of ${n}`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`wilson: level must be between 0 and 1, got ${level}`);
  }
  const z = normalQuantile((1 + level) / 2);
  const p = correct / n;
  const center = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [
    correct === 0 ? 0 : Math.max(0, center - half),
    correct === n ? 1 : Math.min(1, center + half),
  ];
}

/**
 * The standard normal quantile at `p`, by bisection; absolute error under 1e-9 for p in
 * `[1e-6, 1 - 1e-6]`, and never outside `[-8, 8]`.
 */
export function normalQuantile(p: number): number {
  let low = -8;
  let high = 8;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The standard normal distribution function: 1/2 + density * (x + x^3/3 + x^5/15 + ...).
 * Source: Marsaglia, "Evaluating the normal distribution", 2004.
 */
function normalDistribution(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
