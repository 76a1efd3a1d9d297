/**
 * The grid of exit thresholds of the paper's curves: eleven, evenly spaced from `1 / K`,
 * which every confidence reaches, to 1.
 *
 * @param classes K, at least 2
 * Source: the reference implementation of "Finding the SWEET Spot", arXiv:2306.02307.
 */
export function paperThresholds(classes: number): number[] {
  return Array.from({ length: 11 }, (_, i) => (10 + i * (classes - 1)) / (10 * classes));
}
