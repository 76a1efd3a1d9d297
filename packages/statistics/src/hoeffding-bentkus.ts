import { binomialDistribution } from "./binomial.ts";

/**
 * A p-value of the hypothesis that independent, identically distributed losses in `[0, 1]` have a
 * mean above a limit: the smaller of Hoeffding's bound `exp(-n h(min(m, limit), limit))` and
 * Bentkus's `e P(Bin(n, limit) <= ceil(n m))`, where h is the relative entropy of two coins and m
 * the observed mean loss. Valid for every n.
 *
 * @param sum of the losses, n m, in `[0, n]`
 * @param n at least 1
 * @param limit in `(0, 1)`
 * @throws RangeError if one of them is out of range
 * Source: Learn then Test, arXiv:2110.01052 (the Hoeffding-Bentkus p-value).
 */
export function hoeffdingBentkus(sum: number, n: number, limit: number): number {
  if (!(n >= 1 && sum >= 0 && sum <= n && limit > 0 && limit < 1)) {
    throw new RangeError(
      `hoeffdingBentkus: the sum must be in [0, n], n at least 1 and the limit in (0, 1), got ${sum}, ${n} and ${limit}`,
    );
  }
  const mean = Math.min(sum / n, limit);
  const entropy =
    (mean === 0 ? 0 : mean * Math.log(mean / limit)) +
    (1 - mean) * Math.log((1 - mean) / (1 - limit));
  const bentkus = Math.E * binomialDistribution(Math.ceil(sum), n, limit);
  return Math.min(1, Math.exp(-n * entropy), bentkus);
}
