import { type Interval, normalQuantile } from "./wilson.ts";

/**
 * The mean of paired differences and its interval, by Bonett and Price's adjustment: it adds one
 * example on either side before the usual normal interval, so that the interval keeps its level when
 * the two differ on few examples. Differences may be fractions (means over seeds).
 *
 * @param differences one for each example, in `[-1, 1]`
 * @param level in `(0, 1)`
 * @throws RangeError if there are none
 * Source: Bonett and Price, "Adjusted Wald confidence interval for a difference of binomial
 *   proportions based on paired data", 2012.
 */
export function pairedDifference(
  differences: ArrayLike<number>,
  level: number,
): { difference: number; interval: Interval } {
  const n = differences.length;
  if (n === 0) throw new RangeError("pairedDifference: expected at least one example, got none");
  let sum = 0;
  let squares = 2;
  for (let i = 0; i < n; i++) {
    const d = differences[i] ?? 0;
    sum += d;
    squares += d * d;
  }
  const center = sum / (n + 2);
  const half =
    normalQuantile((1 + level) / 2) *
    Math.sqrt(Math.max(0, squares / (n + 2) - center * center) / (n + 2));
  return {
    difference: sum / n,
    interval: [Math.max(-1, center - half), Math.min(1, center + half)],
  };
}
