import { describe, expect, test } from "vitest";
import reference from "../reference/statistics.json" with { type: "json" };
import { hoeffdingBentkus } from "./hoeffding-bentkus.ts";

describe("hoeffdingBentkus", () => {
  test("equals SciPy's", () => {
    for (const { sum, n, limit, p } of reference.hoeffdingBentkus) {
      expect(hoeffdingBentkus(sum, n, limit) / p).toBeCloseTo(1, 11);
    }
  });

  test("equals Hoeffding's (1 - limit)^n when there is no loss", () => {
    expect(hoeffdingBentkus(0, 7, 0.3)).toBeCloseTo(0.7 ** 7, 14);
  });

  test("is 1 for a mean at or above the limit", () => {
    expect(hoeffdingBentkus(30, 100, 0.3)).toBe(1);
    expect(hoeffdingBentkus(90, 100, 0.3)).toBe(1);
  });

  test("rejects a sum outside [0, n] and a limit outside (0, 1)", () => {
    expect(() => hoeffdingBentkus(8, 7, 0.3)).toThrow(/got 8, 7 and 0\.3/);
    expect(() => hoeffdingBentkus(1, 7, 1)).toThrow(RangeError);
  });
});
