import { describe, expect, test } from "vitest";
import reference from "../reference/statistics.json" with { type: "json" };
import { binomialDistribution, logGamma } from "./binomial.ts";

describe("binomialDistribution", () => {
  test("equals SciPy's", () => {
    for (const { k, n, p, distribution } of reference.binomial) {
      // for large n, log gamma(n) is large and its last bits are inexact.
      expect(binomialDistribution(k, n, p) / distribution).toBeCloseTo(1, 9);
    }
  });

  test("of 5 coins equals the sum by hand, ends included", () => {
    const [at0, at1, at2] = [0, 1, 2].map((k) => binomialDistribution(k, 5, 0.5));
    expect(at0).toBeCloseTo(1 / 32, 14);
    expect(at1).toBeCloseTo(6 / 32, 14);
    expect(at2).toBeCloseTo(16 / 32, 14);
    expect(binomialDistribution(-1, 5, 0.5)).toBe(0);
    expect(binomialDistribution(5, 5, 0.5)).toBe(1);
    expect(binomialDistribution(3, 5, 0)).toBe(1);
    expect(binomialDistribution(3, 5, 1)).toBe(0);
  });

  test("rejects counts that are not whole and p outside [0, 1]", () => {
    expect(() => binomialDistribution(1.5, 5, 0.5)).toThrow(/must be whole, .*got k 1\.5/);
    expect(() => binomialDistribution(1, 5, 1.5)).toThrow(/p in \[0, 1\], got k 1, n 5, p 1\.5/);
  });
});

test("logGamma equals SciPy's", () => {
  for (const { x, logGamma: expected } of reference.logGamma) {
    expect(Math.abs(logGamma(x) - expected)).toBeLessThan(1e-14 * Math.max(1, Math.abs(expected)));
  }
});
