import { describe, expect, test } from "vitest";
import reference from "../reference/statistics.json" with { type: "json" };
import { hoeffdingBentkus } from "./hoeffding-bentkus.ts";

describe("hoeffdingBentkus", () => {
  test("is SciPy's", () => {
    for (const { sum, n, limit, p } of reference.hoeffdingBentkus) {
      expect(hoeffdingBentkus(sum, n, limit) / p).toBeCloseTo(1, 11);
    }
  });

  test("without any loss it is Hoeffding's (1 - limit)^n", () => {
    expect(hoeffdingBentkus(0, 7, 0.3)).toBeCloseTo(0.7 ** 7, 14);
  });

  test("a mean at the limit or above shows nothing", () => {
    expect(hoeffdingBentkus(30, 100, 0.3)).toBe(1);
    expect(hoeffdingBentkus(90, 100, 0.3)).toBe(1);
  });

  test("refuses a sum outside [0, n] and a limit outside (0, 1)", () => {
    expect(() => hoeffdingBentkus(8, 7, 0.3)).toThrow(/got 8, 7 and 0\.3/);
    expect(() => hoeffdingBentkus(1, 7, 1)).toThrow(RangeError);
  });
});
