import { meanAccuracy, resampledCurve } from "@sweetspot/eval";
import type { Interval } from "@sweetspot/statistics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resampledMean } from "./resampled-mean.ts";

const n = 13;
// Few values, so that confidences are often equal.
const row = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: n, maxLength: n });
const rows = fc.tuple(row, row, row);
const exitLayers = [2, 5, 11];
const layers = 7;

describe("resampledMean", () => {
  test("equals the mean of the resample's exact curve", () => {
    fc.assert(
      fc.property(rows, rows, row, fc.tuple(fc.nat(100), fc.nat(100)), (sure, right, drawn, at) => {
        const cascade = {
          confidences: sure.map((r) => r.map((v) => v / 7)),
          correct: right.map((r) => r.map((v) => v % 2)),
          exitLayers,
          layers,
        };
        const counts = Uint32Array.from(drawn, (v, i) => (i === 0 ? v + 1 : v));
        const [low = 0, high = 0] = at.map((v) => (2 + (9 * v) / 100) / 7).sort((a, b) => a - b);
        const costs: Interval = [low, Math.min(high, 11 / 7)];
        expect(resampledMean(cascade, costs)(counts)).toBeCloseTo(
          meanAccuracy(resampledCurve(cascade)(counts), costs),
          10,
        );
      }),
    );
  });

  test("rejects costs that the curve does not reach", () => {
    const cascade = { confidences: [[0.9]], correct: [[1]], exitLayers: [3], layers: 5 };
    expect(resampledMean(cascade, [0.6, 0.6])(Uint32Array.of(1))).toBe(1);
    expect(() => resampledMean(cascade, [0.6, 0.7])(Uint32Array.of(1))).toThrow(
      "take commonCosts of the curves",
    );
  });
});
