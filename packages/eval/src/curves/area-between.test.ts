import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import reference from "../../reference/eval.json" with { type: "json" };
import { speedAccuracyCurve } from "./speed-accuracy.ts";
import {
  areaBetween,
  areaDifference,
  commonCosts,
  costCurve,
  halves,
  meanAccuracy,
  resampledCurve,
} from "./area-between.ts";
import type { CostedOutcomes } from "@sweetspot/artifact";
import { pairedBootstrap } from "@sweetspot/statistics";
import type { Interval } from "@sweetspot/statistics";

const line = { costs: [0.25, 1], accuracies: [0.7, 0.9] };

describe("meanAccuracy", () => {
  test("is a line's height in the middle, and its height at a single cost", () => {
    expect(meanAccuracy(line, [0.25, 1])).toBeCloseTo(0.8, 14);
    expect(meanAccuracy(line, [0.4, 0.7])).toBeCloseTo(0.7 + 0.2 * (0.3 / 0.75), 14);
    expect(meanAccuracy(line, [0.25, 0.25])).toBe(0.7);
    expect(meanAccuracy(line, [1, 1])).toBeCloseTo(0.9, 14);
    expect(meanAccuracy({ costs: [1], accuracies: [0.6] }, [1, 1])).toBe(0.6);
  });

  test("is exactly 1 if all answers are right", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 997 }), { minLength: 2 }), (steps) => {
        let at = 0;
        const costs = steps.map((step) => (at += step) / 997);
        const [low = NaN, high = NaN] = [costs[0], costs.at(-1)];
        const curve = { costs, accuracies: costs.map(() => 1) };
        expect(meanAccuracy(curve, [low, high])).toBeLessThanOrEqual(1);
        expect(meanAccuracy(curve, [low, high])).toBeCloseTo(1, 12);
      }),
    );
  });

  test("rejects intervals outside the curve", () => {
    expect(() => meanAccuracy(line, [0.2, 0.5])).toThrow(
      "meanAccuracy: the interval must rise and be within the curve's costs, 0.25 to 1, got 0.2 to 0.5; take commonCosts of the curves",
    );
    expect(() => meanAccuracy(line, [0.5, 1.5])).toThrow(RangeError);
    expect(() => meanAccuracy(line, [0.5, 0.4])).toThrow(RangeError);
  });
});

describe("areaBetween", () => {
  test("equals NumPy's, on curves that fall, rise and pass a cost of 1", () => {
    for (const { curves, interval, area } of reference.area) {
      const [first, second] = curves;
      if (first === undefined || second === undefined)
        throw new Error("each case needs two curves");
      const [low = NaN, high = NaN] = interval;
      expect(areaBetween(first, second, [low, high])).toBeCloseTo(area, 12);
      expect(areaBetween(second, first, [low, high])).toBeCloseTo(-area, 12);
    }
  });

  test("the halves of the common costs make up the whole", () => {
    const restarts = { costs: [0.3, 0.9, 13 / 6], accuracies: [0.9, 0.7, 0.85] };
    const costs = commonCosts([line, restarts]);
    expect(costs).toEqual([0.3, 1]);
    const { fast, slow } = halves(costs);
    expect([fast, slow]).toEqual([
      [0.3, 0.65],
      [0.65, 1],
    ]);
    const [a, b] = [areaBetween(line, restarts, fast), areaBetween(line, restarts, slow)];
    expect((a + b) / 2).toBeCloseTo(areaBetween(line, restarts, costs), 14);
    expect(Math.sign(a)).toBe(-1);
    expect(Math.sign(b)).toBe(1);
    expect(() => commonCosts([line, { costs: [2, 3], accuracies: [0, 0] }])).toThrow(
      "commonCosts: the curves must overlap in cost, got 0.25 to 1, 2 to 3",
    );
  });
});

const level = fc.constantFrom(0.5, 0.6, 0.75, 0.9, 1);
const n = 7;
const cascade: fc.Arbitrary<CostedOutcomes> = fc.integer({ min: 1, max: 4 }).chain((exits) => {
  const rows = <T>(value: fc.Arbitrary<T>) =>
    fc.array(fc.array(value, { minLength: n, maxLength: n }), {
      minLength: exits,
      maxLength: exits,
    });
  return fc.record({
    confidences: rows(level),
    correct: rows(fc.constantFrom(0, 1)),
    exitLayers: fc.constant([2, 3, 5, 7].slice(0, exits)),
    layers: fc.constant(5),
  });
});

describe("resampledCurve", () => {
  test("equals the curve of the examples drawn", () => {
    fc.assert(
      fc.property(cascade, fc.array(fc.nat(n - 1), { minLength: n, maxLength: n }), (c, drawn) => {
        const counts = Array.from({ length: n }, (_, i) => drawn.filter((d) => d === i).length);
        const of = (rows: CostedOutcomes["correct"]) =>
          rows.map((row) => drawn.map((i) => row[i] ?? NaN));
        const expected = costCurve(
          speedAccuracyCurve({ confidences: of(c.confidences), correct: of(c.correct) }),
          c,
        );
        const made = resampledCurve(c)(counts);
        const low = (c.exitLayers[0] ?? NaN) / 5;
        const high = (c.exitLayers.at(-1) ?? NaN) / 5;
        expect([made.costs[0], made.costs[made.costs.length - 1]]).toEqual([low, high]);
        for (const at of [0, 0.2, 0.7]) {
          const interval: Interval = [low + at * (high - low), high];
          expect(meanAccuracy(made, interval)).toBeCloseTo(meanAccuracy(expected, interval), 12);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("areaDifference", () => {
  // The first method is right from the start, the second at its last exit alone.
  const made = (right: number): CostedOutcomes => ({
    confidences: [
      Array.from({ length: 11 }, (_, i) => i / 11),
      Array.from({ length: 11 }, () => 1),
    ],
    correct: [Array.from({ length: 11 }, () => right), Array.from({ length: 11 }, () => 1)],
    exitLayers: [1, 4],
    layers: 4,
  });

  test("is the area between the curves, averaged over seeds", () => {
    // From 0 to 1 along the second's line: half on average. One of two seeds differs.
    const task = areaDifference([made(1), made(0)], [made(0), made(0)], [0.25, 1]);
    const { effect, resamples } = pairedBootstrap([task], { resamples: 399 });
    expect(effect).toBeCloseTo(0.25, 12);
    const values = [...new Set(resamples.map((e) => Number(e.toFixed(12))))];
    expect(values).toEqual([0, 0.25, 0.5]);
  });

  test("rejects methods with different seeds or examples", () => {
    expect(() => areaDifference([made(1)], [], [0.25, 1])).toThrow(
      /same seeds and examples, got 1 and 0 seeds of 11/,
    );
  });
});
