import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalQuantile, wilson } from "./wilson.ts";

describe("wilson", () => {
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("agrees with Newcombe 1998, table I, method 3: %i of %i", (correct, n, low, high) => {
    const [l, h] = wilson(correct, n);
    expect(l).toBeCloseTo(low, 4);
    expect(h).toBeCloseTo(high, 4);
  });

  test("contains the shares that the score test does not reject, and widens with the level", () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 500 }), (a, n) => {
        const correct = a % (n + 1);
        const [low, high] = wilson(correct, n);
        expect(low).toBeLessThanOrEqual(correct / n);
        expect(high).toBeGreaterThanOrEqual(correct / n);
        // At an end p of the interval, |correct / n - p| is z standard errors of p.
        for (const p of [low, high].filter((p) => p > 0 && p < 1)) {
          const z = Math.abs(correct / n - p) / Math.sqrt((p * (1 - p)) / n);
          expect(z).toBeCloseTo(1.959963984540054, 6);
        }
        const [wideLow, wideHigh] = wilson(correct, n, 0.99);
        expect(wideHigh - wideLow).toBeGreaterThan(high - low);
      }),
    );
  });

  test("rejects impossible counts and levels", () => {
    expect(() => wilson(3, 2)).toThrow("wilson: correct must be in [0, n]");
    expect(() => wilson(0, 0)).toThrow(RangeError);
    expect(() => wilson(1, 2, 1)).toThrow("wilson: level must be between 0 and 1, got 1");
  });
});

test.each([
  [0.5, 0],
  [0.975, 1.959963984540054],
  [0.995, 2.5758293035489004],
  [0.001, -3.090232306167813],
  [0.999999, 4.753424308822899],
])("the normal quantile at %d", (p, z) => {
  expect(normalQuantile(p)).toBeCloseTo(z, 9);
});
