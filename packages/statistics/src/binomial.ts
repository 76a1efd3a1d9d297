/**
 * The natural logarithm of the gamma function; relative error about 1e-15.
 *
 * @param x above 0
 * Source: Lanczos 1964, with the nine coefficients of P. Godfrey for g = 7.
 */
export function logGamma(x: number): number {
  // Below 1/2 the series is inaccurate: take one step of gamma(x + 1) = x gamma(x).
  if (x < 0.5) return logGamma(x + 1) - Math.log(x);
  const base = x + 6.5;
  const series = lanczos.reduce((sum, c, i) => sum + c / (x + i), 0.99999999999980993);
  return (x - 0.5) * Math.log(base) - base + Math.log(Math.sqrt(2 * Math.PI) * series);
}

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/**
 * The probability of at most k successes in n trials of probability p: sums the terms from k away
 * from the mean, in float64. Relative error below 1e-9 for n up to a million.
 *
 * @param k a whole number; below 0 gives 0, n or more gives 1
 * @param n a whole number of at least 0
 * @param p in `[0, 1]`
 * @throws RangeError if k or n is not whole, or n or p is out of range
 */
export function binomialDistribution(k: number, n: number, p: number): number {
  if (!(Number.isInteger(k) && Number.isInteger(n) && n >= 0 && p >= 0 && p <= 1)) {
    throw new RangeError(
      `binomialDistribution: k and n must be whole, n at least 0 and p in [0, 1], got k ${k}, n ${n}, p ${p}`,
    );
  }
  if (k < 0) return 0;
  if (k >= n || p === 0) return 1;
  if (p === 1) return 0;
  // Sum the smaller tail; the larger is 1 less that.
  return k < n * p ? lowerTail(k, n, p) : 1 - lowerTail(n - k - 1, n, 1 - p);
}

/** `P(X <= k)` for k below the mean, where terms decrease from k down. */
function lowerTail(k: number, n: number, p: number): number {
  const first =
    logGamma(n + 1) -
    logGamma(k + 1) -
    logGamma(n - k + 1) +
    k * Math.log(p) +
    (n - k) * Math.log1p(-p);
  let term = 1;
  let sum = 0;
  for (let i = k; i >= 0 && term > 1e-17 * sum; i--) {
    sum += term;
    term *= (i / (n - i + 1)) * ((1 - p) / p);
  }
  return Math.exp(first) * sum;
}
