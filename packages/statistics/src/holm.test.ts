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

  test("the levels are those of the steps, the first not rejected giving its own to all after it", () => {
    // 0.01 * 4 and 0.015 * 3 are at most 0.05, 0.03 * 2 is not; 0.04 alone would be.
    const { rejected, levels } = holm([0.03, 0.01, 0.04, 0.015]);
    expect(rejected).toEqual([false, true, false, true]);
    [1 - 0.05 / 2, 1 - 0.05 / 4, 1 - 0.05 / 2, 1 - 0.05 / 3].forEach((level, i) =>
      expect(levels[i]).toBeCloseTo(level, 14),
    );
  });

  test("one hypothesis is left as it is", () => {
    expect(holm([0.05])).toEqual({ adjusted: [0.05], rejected: [true], levels: [0.95] });
    expect(holm([])).toEqual({ adjusted: [], rejected: [], levels: [] });
  });

  test("a p-value of alpha's own share is rejected, whatever its last bits", () => {
    // (0.05 / 11) * 11 is more than 0.05 in float64.
    const pValues = [0.05 / 11, ...Array.from({ length: 10 }, () => 1)];
    expect(holm(pValues).rejected.indexOf(false)).toBe(1);
  });

  test("refuses what is no p-value and no alpha", () => {
    expect(() => holm([0.1, 1.2])).toThrow(/must lie in \[0, 1\] and alpha in \(0, 1\), got 1\.2/);
    expect(() => holm([0.1], 1)).toThrow(/got alpha 1/);
  });
});
