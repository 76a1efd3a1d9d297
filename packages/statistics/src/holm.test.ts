import { describe, expect, test } from "vitest";
import reference from "../reference/statistics.json" with { type: "json" };
import { holm } from "./holm.ts";

describe("holm", () => {
  test("adjusts and rejects as statsmodels does", () => {
    for (const { pValues, adjusted, rejected } of reference.holm) {
      const made = holm(pValues);
      expect(made.rejected).toEqual(rejected);
      made.adjusted.forEach((p, i) => expect(p).toBeCloseTo(adjusted[i] ?? NaN, 14));
    }
  });

  test("each level is its step's; from the first hypothesis not rejected on, all have its level", () => {
    // 0.01 * 4 and 0.015 * 3 are at most 0.05, 0.03 * 2 is not; 0.04 would be on its own.
    const { rejected, levels } = holm([0.03, 0.01, 0.04, 0.015]);
    expect(rejected).toEqual([false, true, false, true]);
    [1 - 0.05 / 2, 1 - 0.05 / 4, 1 - 0.05 / 2, 1 - 0.05 / 3].forEach((level, i) =>
      expect(levels[i]).toBeCloseTo(level, 14),
    );
  });

  test("does not adjust a single hypothesis", () => {
    expect(holm([0.05])).toEqual({ adjusted: [0.05], rejected: [true], levels: [0.95] });
    expect(holm([])).toEqual({ adjusted: [], rejected: [], levels: [] });
  });

  test("rejects a p-value equal to alpha / m, despite rounding", () => {
    // (0.05 / 11) * 11 is more than 0.05 in float64.
    const pValues = [0.05 / 11, ...Array.from({ length: 10 }, () => 1)];
    expect(holm(pValues).rejected.indexOf(false)).toBe(1);
  });

  test("rejects invalid p-values and alphas", () => {
    expect(() => holm([0.1, 1.2])).toThrow(/must be in \[0, 1\] and alpha in \(0, 1\), got 1\.2/);
    expect(() => holm([0.1], 1)).toThrow(/got alpha 1/);
  });
});
