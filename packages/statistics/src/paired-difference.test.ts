import { describe, expect, test } from "vitest";
import { pairedDifference } from "./paired-difference.ts";

describe("pairedDifference", () => {
  test("equals Bonett and Price's formula", () => {
    // 100 pairs: only the first is right on 10, only the second on 3.
    const differences = [...Array(10).fill(1), ...Array(3).fill(-1), ...Array(87).fill(0)];
    const { difference, interval } = pairedDifference(differences as number[], 0.95);
    const [p12, p21] = [11 / 102, 4 / 102];
    const half = 1.959963984540054 * Math.sqrt((p12 + p21 - (p12 - p21) ** 2) / 102);
    expect(difference).toBeCloseTo(0.07, 12);
    expect(interval[0]).toBeCloseTo(p12 - p21 - half, 9);
    expect(interval[1]).toBeCloseTo(p12 - p21 + half, 9);
  });

  test("has an interval of some width even if the two never differ", () => {
    const { difference, interval } = pairedDifference(new Float64Array(200), 0.95);
    expect(difference).toBe(0);
    expect(interval[1]).toBeGreaterThan(0.01);
    expect(interval[0]).toBeCloseTo(-interval[1], 12);
  });

  test("contains the true difference about as often as its level says", () => {
    // A linear congruential generator (Numerical Recipes), seeded.
    let state = 5;
    const draw = () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
    let held = 0;
    const rounds = 2000;
    for (let r = 0; r < rounds; r++) {
      const differences = Array.from({ length: 150 }, () => {
        const u = draw();
        return u < 0.12 ? 1 : u < 0.17 ? -1 : 0;
      });
      const [low, high] = pairedDifference(differences, 0.95).interval;
      held += Number(low <= 0.07 && 0.07 <= high);
    }
    expect(held / rounds).toBeGreaterThan(0.935);
    expect(held / rounds).toBeLessThan(0.98);
  });

  test("rejects an empty array", () => {
    expect(() => pairedDifference([], 0.95)).toThrow(RangeError);
  });
});
