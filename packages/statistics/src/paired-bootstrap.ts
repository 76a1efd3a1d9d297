import { sfc32 } from "./random/sfc32.ts";
import type { Interval } from "./wilson.ts";

/** Two methods on one task: S seeds of each, all tested on the same N examples. */
export interface TaskSample {
  /** S. */
  seeds: number;
  /** N. */
  examples: number;
  /**
   * The effect on a resample of seeds and examples: how often each seed (`[S]`, summing to S) and
   * each example (`[N]`, summing to N) was drawn. Both methods and all seeds see the same draw.
   */
  effect: (seedCounts: Uint32Array, exampleCounts: Uint32Array) => number;
}

/** An effect's estimate by bootstrap. */
export interface Bootstrap {
  /** Mean over the tasks, on the original sample. */
  effect: number;
  /** `percentileInterval` of the resamples. */
  interval: Interval;
  /** Two-sided, in `[2 / (R + 1), 1]`: at most `1 - level` exactly if the interval excludes 0. */
  p: number;
  /** The effect on each of R resamples, ascending; intervals at other levels are read from them. */
  resamples: Float64Array;
}

/**
 * The paired bootstrap of an effect that is a mean over tasks. Tasks are fixed; within each, seeds
 * and examples are drawn with replacement, independently of each other. Both methods and all seeds
 * share one draw of examples.
 *
 * `p = min(1, 2 (c + 1) / (R + 1))`, where c is the number of resamples at or below 0 or the number
 * at or above 0, whichever is smaller.
 *
 * With few seeds the interval is too narrow: S seeds redrawn from S show `(S - 1) / S` of the
 * variance between them.
 *
 * `resamples` is R; by default the usual levels are whole ranks. `level`, in `(0, 1)`, is the
 * interval's; `seed`, a whole number of at least 0, is the seed of the draws.
 *
 * @throws RangeError if there is no task, a task without seeds or examples, an effect that is not
 *   finite, or too few resamples for the level
 * Source: Davison and Hinkley, Bootstrap Methods and their Application, 1997, chapters 4 and 5.
 */
export function pairedBootstrap(
  tasks: readonly TaskSample[],
  {
    resamples = 9999,
    level = 0.95,
    seed = 1,
  }: { resamples?: number; level?: number; seed?: number } = {},
): Bootstrap {
  if (tasks.length === 0 || tasks.some((t) => !(t.seeds >= 1 && t.examples >= 1))) {
    throw new RangeError(
      `pairedBootstrap: expected tasks of at least one seed and one example, got ${tasks.map((t) => `${t.seeds} x ${t.examples}`).join(", ") || "none"}`,
    );
  }
  const draw = sfc32(seed);
  const mean = (counts: (n: number) => Uint32Array) => {
    let sum = 0;
    for (const task of tasks) {
      // Draw seeds before examples: the order is part of the stream.
      const seedCounts = counts(task.seeds);
      sum += task.effect(seedCounts, counts(task.examples));
    }
    if (!Number.isFinite(sum)) {
      throw new RangeError(`pairedBootstrap: effects must be finite, got a sum of ${sum}`);
    }
    return sum / tasks.length;
  };
  const drawn = (n: number) => {
    const counts = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      const k = draw(n);
      counts[k] = (counts[k] ?? 0) + 1;
    }
    return counts;
  };
  const effects = Float64Array.from({ length: resamples }, () => mean(drawn)).sort();
  const below = effects.filter((e) => e <= 0).length;
  const above = effects.filter((e) => e >= 0).length;
  return {
    effect: mean((n) => new Uint32Array(n).fill(1)),
    interval: percentileInterval(effects, level),
    p: Math.min(1, (2 * (Math.min(below, above) + 1)) / (resamples + 1)),
    resamples: effects,
  };
}

/**
 * The percentile interval of R resamples: from the k-th smallest to the k-th largest,
 * `k = (1 - level) / 2 (R + 1)` rounded down. It excludes 0 exactly if the p-value of
 * `pairedBootstrap` is at most `1 - level`.
 *
 * @param resamples ascending
 * @param level in `(0, 1)`; for several effects tested together, that of `holm`
 * @throws RangeError if there are too few resamples for the level
 * Source: Davison and Hinkley 1997, equation 5.18.
 */
export function percentileInterval(resamples: Float64Array, level: number): Interval {
  // A level such as 0.95 is inexact in binary; round so that its rank is whole.
  const rank = Math.floor(((1 - level) / 2) * (resamples.length + 1) + 1e-9);
  if (!(level > 0 && rank >= 1)) {
    throw new RangeError(
      `percentileInterval: level must be above 0 and leave a resample on either side, got ${level} of ${resamples.length} resamples; ${level > 0 && level < 1 ? `take ${Math.ceil(2 / (1 - level))} or more` : "for example, take 0.95"}`,
    );
  }
  return [resamples[rank - 1] ?? NaN, resamples[resamples.length - rank] ?? NaN];
}

/**
 * A task whose effect is the mean difference over seeds and examples.
 *
 * @param differences of the two methods, `[S][N]`
 * @throws RangeError if rows differ in length
 */
export function meanDifference(differences: readonly ArrayLike<number>[]): TaskSample {
  const examples = differences[0]?.length ?? 0;
  if (differences.some((row) => row.length !== examples)) {
    throw new RangeError(
      `meanDifference: differences must be [S, N], got rows of ${differences.map((row) => row.length).join(", ")}`,
    );
  }
  return {
    seeds: differences.length,
    examples,
    effect: (seedCounts, exampleCounts) => {
      let sum = 0;
      differences.forEach((row, s) => {
        const weight = seedCounts[s] ?? 0;
        if (weight === 0) return;
        let ofSeed = 0;
        for (let i = 0; i < examples; i++) ofSeed += (exampleCounts[i] ?? 0) * (row[i] ?? NaN);
        sum += weight * ofSeed;
      });
      return sum / (differences.length * examples);
    },
  };
}
