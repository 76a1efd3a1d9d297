import { sfc32 } from "./sfc32.ts";

/**
 * A seeded stream of binomial draws: each call returns the number of successes in `n` trials of
 * probability `p`.
 *
 * By inversion from the mode: the terms next to the mode are taken first, so that a draw takes about as
 * many steps as the standard deviation. The terms are accurate to about 1e-12.
 *
 * @param most the largest `n`
 * @param seed a whole number, from 0 to 2^53 - 1
 * @returns a function of `n`, whole and from 0 to `most`, and `p` in `[0, 1]`
 */
export function binomialSampler(most: number, seed: number): (n: number, p: number) => number {
  const draw = sfc32(seed);
  const logFactorial = new Float64Array(most + 1);
  for (let k = 2; k <= most; k++) logFactorial[k] = (logFactorial[k - 1] ?? 0) + Math.log(k);
  const log = (k: number): number => logFactorial[k] ?? NaN;
  return (n, p) => {
    if (n === 0 || p <= 0) return 0;
    if (p >= 1) return n;
    const mode = Math.min(n, Math.floor((n + 1) * p));
    const odds = p / (1 - p);
    let below = Math.exp(
      log(n) - log(mode) - log(n - mode) + mode * Math.log(p) + (n - mode) * Math.log1p(-p),
    );
    let above = below;
    // 53 bits, in [0, 1).
    let left = (draw(2 ** 32) * 2 ** 21 + draw(2 ** 21)) / 2 ** 53 - below;
    let low = mode;
    let high = mode;
    while (left >= 0 && (low > 0 || high < n)) {
      if (low > 0) {
        below *= low / ((n - low + 1) * odds);
        low--;
        left -= below;
        if (left < 0) return low;
      }
      if (high < n) {
        above *= ((n - high) * odds) / (high + 1);
        high++;
        left -= above;
        if (left < 0) return high;
      }
    }
    return mode;
  };
}
