import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import reference from "../reference/statistics.json" with { type: "json" };
import { holm } from "./holm.ts";
import { meanDifference, pairedBootstrap, percentileInterval } from "./paired-bootstrap.ts";

function variance(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
}

describe("pairedBootstrap", () => {
  test("a mean's interval equals SciPy's", () => {
    const { differences, levels } = reference.bootstrap;
    const { resamples, effect } = pairedBootstrap([meanDifference([differences])], {
      resamples: 99_999,
    });
    expect(effect).toBeCloseTo(differences.reduce((a, b) => a + b, 0) / 89, 14);
    for (const { level, interval } of levels) {
      const [low, high] = percentileInterval(resamples, level);
      // A mean of 89 whole numbers moves in steps of 1 / 89; other draws may move an end by one step.
      expect(Math.abs(low - (interval[0] ?? NaN))).toBeLessThan(1.01 / 89);
      expect(Math.abs(high - (interval[1] ?? NaN))).toBeLessThan(1.01 / 89);
    }
  });

  test("two examples, 0 and 1, are drawn binomially", () => {
    const { resamples, p } = pairedBootstrap([meanDifference([[0, 1]])]);
    const share = (value: number) => resamples.filter((e) => e === value).length / 9999;
    // Standard error at most 0.005.
    expect(share(0)).toBeCloseTo(0.25, 1);
    expect(Math.abs(share(0.5) - 0.5)).toBeLessThan(0.02);
    expect(share(0) + share(0.5) + share(1)).toBe(1);
    expect(p).toBeCloseTo((2 * (share(0) * 9999 + 1)) / 10_000, 12);
  });

  test("draws both seeds and examples, the same examples for all seeds of a task", () => {
    // Additive: a resample's variance is that of seeds over S plus that of examples over N.
    const seeds = [0.1, -0.2, 0.4, 0, 0.3];
    const examples = Array.from({ length: 31 }, (_, i) => ((i * 7) % 31) / 31 - 0.4);
    const task = meanDifference(seeds.map((s) => examples.map((e) => s + e)));
    const expected =
      variance(Float64Array.from(seeds)) / 5 + variance(Float64Array.from(examples)) / 31;
    const one = pairedBootstrap([task]);
    // Of 9,999 draws: a standard error of 1.4%.
    expect(variance(one.resamples) / expected).toBeCloseTo(1, 1);
    // Tasks are strata, each drawn independently: their mean has half the variance.
    const two = pairedBootstrap([task, task], { seed: 2 });
    expect(two.effect).toBeCloseTo(one.effect, 14);
    expect((2 * variance(two.resamples)) / expected).toBeCloseTo(1, 1);
  });

  test("weighs tasks equally, whatever their sizes", () => {
    const tasks = [meanDifference([Array.from({ length: 13 }, () => 1)]), meanDifference([[-0.5]])];
    expect(pairedBootstrap(tasks, { resamples: 99 })).toMatchObject({
      effect: 0.25,
      interval: [0.25, 0.25],
      p: 2 / 100,
    });
  });

  test("the p-value is 1 if the methods never differ", () => {
    expect(pairedBootstrap([meanDifference([[0, 0, 0]])], { resamples: 199 }).p).toBe(1);
  });

  test("the same seed gives the same draws, another seed different ones", () => {
    const task = meanDifference([reference.bootstrap.differences]);
    const at = (seed: number) => pairedBootstrap([task], { resamples: 199, seed }).resamples;
    expect(at(3)).toEqual(at(3));
    expect(at(3)).not.toEqual(at(4));
  });

  test("an interval goes from the k-th smallest resample to the k-th largest", () => {
    const resamples = Float64Array.from({ length: 199 }, (_, i) => i + 1);
    expect(percentileInterval(resamples, 0.95)).toEqual([5, 195]);
    expect(percentileInterval(resamples, 0.9)).toEqual([10, 190]);
    expect(percentileInterval(resamples, 0.94)).toEqual([6, 194]);
  });

  test("interval and verdict agree at the levels that Holm gives", () => {
    const value = fc.constantFrom(-0.2, 0, 0.1, 0.3, 0.5);
    const samples = fc.array(fc.array(value, { minLength: 3, maxLength: 17 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(samples, (effects) => {
        const made = effects.map((row) =>
          pairedBootstrap([meanDifference([row])], { resamples: 399 }),
        );
        const { rejected, levels } = holm(made.map(({ p }) => p));
        const excluded = made.map(({ resamples }, i) => {
          const [low, high] = percentileInterval(resamples, levels[i] ?? NaN);
          return low > 0 || high < 0;
        });
        expect(excluded).toEqual(rejected);
      }),
      { numRuns: 60 },
    );
  });

  test("rejects tasks and levels that cannot be resampled", () => {
    expect(() => pairedBootstrap([])).toThrow(/at least one seed and one example, got none/);
    expect(() => pairedBootstrap([meanDifference([[]])])).toThrow(/got 1 x 0/);
    expect(() => pairedBootstrap([meanDifference([[NaN]])])).toThrow(/must be finite/);
    expect(() => meanDifference([[1], [1, 2]])).toThrow(/\[S, N\], got rows of 1, 2/);
    expect(() => pairedBootstrap([meanDifference([[1]])], { resamples: 99, level: 0.99 })).toThrow(
      /got 0.99 of 99 resamples; take 200 or more/,
    );
  });
});
