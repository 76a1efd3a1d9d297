import { describe, expect, test } from "vitest";
import reference from "../reference/statistics.json" with { type: "json" };
import { expectedCalibrationError, reliability } from "./expected-calibration-error.ts";

describe("reliability", () => {
  test("bins and error equal NumPy's", () => {
    for (const { bins, confidences, correct, rows, ece } of reference.calibration) {
      const made = reliability(confidences, correct, bins);
      expect(made.map(({ count }) => count)).toEqual(rows.map(([count]) => count));
      const rounded = (x: number | null | undefined) => x?.toFixed(13);
      expect(made.map((bin) => [rounded(bin.confidence), rounded(bin.accuracy)])).toEqual(
        rows.map(([, confidence, accuracy]) => [rounded(confidence), rounded(accuracy)]),
      );
      expect(expectedCalibrationError(confidences, correct, bins)).toBeCloseTo(ece, 14);
    }
  });

  test("a confidence on an edge is in the bin below it, 0 in the first", () => {
    expect(reliability([0, 0.5, 0.75, 1], [0, 1, 1, 1], 2)).toEqual([
      { low: 0, high: 0.5, count: 2, confidence: 0.25, accuracy: 0.5 },
      { low: 0.5, high: 1, count: 2, confidence: 0.875, accuracy: 1 },
    ]);
  });

  test("rejects confidences outside [0, 1], and no examples", () => {
    expect(() => reliability([0.5, 1.5], [1, 1])).toThrow(/must be in \[0, 1\], got 1\.5 at 1/);
    expect(() => reliability([NaN], [1])).toThrow(/got NaN at 0/);
    expect(() => reliability([], [])).toThrow(/got 0 and 0 in 15/);
  });
});

describe("expectedCalibrationError", () => {
  test("equals the closed form: the distance of mean confidence from accuracy, bin by bin", () => {
    // Three of five right at 0.9, one of two at 0.55: 5/7 * 0.3 + 2/7 * 0.05.
    const confidences = [0.9, 0.9, 0.9, 0.9, 0.9, 0.55, 0.55];
    expect(expectedCalibrationError(confidences, [1, 1, 1, 0, 0, 1, 0])).toBeCloseTo(1.6 / 7, 14);
    expect(expectedCalibrationError([1, 1, 1], [1, 1, 1])).toBe(0);
  });
});
