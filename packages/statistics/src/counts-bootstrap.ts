import { percentileInterval } from "./paired-bootstrap.ts";
import { binomialSampler } from "./random/binomial-sampler.ts";
import type { Interval } from "./wilson.ts";

/**
 * Percentile intervals of statistics of N examples that fall into cells, by the bootstrap over
 * examples: N examples drawn with replacement fill the cells by a multinomial with the observed shares,
 * so only the cells are drawn, one binomial each. All statistics see the same resamples.
 *
 * A statistic that is the same on every resample has an interval of no width: for example, the accuracy
 * of a classifier that is right on all examples. For a share use `wilson`.
 *
 * `resamples` is R; at the default of 1999 the ends of a 95% interval are the 50th value from either
 * side. `seed`, a whole number of at least 0, is the seed of the draws.
 *
 * @param counts examples in each cell, whole numbers of at least 0 whose sum N is at least 1
 * @param statistics each a number for resampled counts, in the order of `counts`; they must not keep them
 * @returns an interval for each statistic
 * @throws RangeError if there is no example, a statistic is not finite, or there are too few resamples for
 *   the level
 * Source: Davison and Hinkley, Bootstrap Methods and their Application, 1997, chapter 5.
 */
export function countsBootstrap(
  counts: ArrayLike<number>,
  statistics: readonly ((counts: Uint32Array) => number)[],
  {
    resamples = 1999,
    level = 0.95,
    seed = 1,
  }: { resamples?: number; level?: number; seed?: number } = {},
): Interval[] {
  const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
  if (!(total >= 1)) {
    throw new RangeError(`countsBootstrap: expected at least one example, got ${total}`);
  }
  const filled = Array.from(counts, (_, cell) => cell).filter((cell) => (counts[cell] ?? 0) > 0);
  const sample = binomialSampler(total, seed);
  const series = statistics.map((of) => ({ of, values: new Float64Array(resamples) }));
  const drawn = new Uint32Array(counts.length);
  for (let r = 0; r < resamples; r++) {
    let examples = total;
    let others = total;
    for (const cell of filled) {
      const count = counts[cell] ?? 0;
      // Given the cells before, the rest is a multinomial over this cell and those after it.
      const here = sample(examples, count / others);
      drawn[cell] = here;
      examples -= here;
      others -= count;
    }
    for (const { of, values } of series) {
      const value = of(drawn);
      if (!Number.isFinite(value)) {
        throw new RangeError(`countsBootstrap: statistics must be finite, got ${value}`);
      }
      values[r] = value;
    }
  }
  return series.map(({ values }) => percentileInterval(values.sort(), level));
}
