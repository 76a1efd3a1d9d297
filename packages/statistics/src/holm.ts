/** The verdicts on several hypotheses tested together, in the order given. */
export interface Holm {
  /** Adjusted p-values, in `[0, 1]`: rejected if at most alpha. */
  adjusted: number[];
  rejected: boolean[];
  /**
   * The level at which to read each effect's interval, so that it excludes 0 exactly if the
   * hypothesis is rejected: `1 - alpha / (m - i + 1)` for the i-th smallest p-value, and from the
   * first that is not rejected on, the level of that one. Each interval matches its own verdict;
   * they do not cover jointly.
   */
  levels: number[];
}

/**
 * Holm's step-down adjustment, valid under any dependence: the i-th smallest of m p-values times
 * `m - i + 1`, at least as large as those before it, at most 1. The probability of rejecting any
 * true hypothesis is at most alpha.
 *
 * @param pValues in `[0, 1]`
 * @param alpha in `(0, 1)`
 * @throws RangeError if a p-value or alpha is out of range
 * Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
 */
export function holm(pValues: readonly number[], alpha = 0.05): Holm {
  const bad = pValues.find((p) => !(p >= 0 && p <= 1));
  if (bad !== undefined || !(alpha > 0 && alpha < 1)) {
    throw new RangeError(
      `holm: p-values must be in [0, 1] and alpha in (0, 1), got ${bad ?? `alpha ${alpha}`}`,
    );
  }
  const m = pValues.length;
  const rising = pValues.map((p, at) => ({ p, at })).sort((a, b) => a.p - b.p);
  const adjusted = pValues.map(() => NaN);
  const rejected = pValues.map(() => false);
  const levels = pValues.map(() => NaN);
  let highest = 0;
  let level = 0;
  let going = true;
  rising.forEach(({ p, at }, i) => {
    highest = Math.min(1, Math.max(highest, (m - i) * p));
    if (going) level = 1 - alpha / (m - i);
    // Tolerate rounding: a p-value of exactly alpha / (m - i) is rejected.
    going = highest <= alpha * (1 + 1e-12);
    adjusted[at] = highest;
    rejected[at] = going;
    levels[at] = level;
  });
  return { adjusted, rejected, levels };
}
