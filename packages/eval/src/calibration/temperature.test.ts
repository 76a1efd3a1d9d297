import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitTemperature } from "./temperature.ts";

/** The mean negative log-likelihood of the labels. */
function likelihood(logits: number[], labels: number[], temperature: number): number {
  const classes = logits.length / labels.length;
  const each = labels.map((label, i) => {
    const row = logits.slice(i * classes, (i + 1) * classes).map((x) => x / temperature);
    const max = Math.max(...row);
    return Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0)) + max - (row[label] ?? NaN);
  });
  return each.reduce((a, b) => a + b, 0) / labels.length;
}

describe("fitTemperature", () => {
  it("equals the closed form if three of four logits of one size are right", () => {
    // softmax([d, 0] / T) = 3/4 if d / T = log 3
    const d = 5;
    const logits = [d, 0, d, 0, d, 0, d, 0];
    expect(fitTemperature(logits, [0, 0, 0, 1])).toBeCloseTo(d / Math.log(3), 10);
  });

  it("no neighbour has a lower loss", () => {
    const row = fc.tuple(
      fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 3, maxLength: 3 }),
      fc.nat(2),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), (rows) => {
        const logits = rows.flatMap(([l]) => l);
        const labels = rows.map(([, y]) => y);
        const best = fitTemperature(logits, labels);
        const at = likelihood(logits, labels, best);
        for (const factor of [0.99, 1.01]) {
          const other = Math.min(100, Math.max(0.01, best * factor));
          expect(at).toBeLessThanOrEqual(likelihood(logits, labels, other) + 1e-12);
        }
      }),
    );
  });

  it("is a bound if all logits are right, or all are uninformative", () => {
    expect(fitTemperature([3, 0, 0, 3], [0, 1])).toBe(0.01);
    expect(fitTemperature([3, 0, 3, 0], [1, 1])).toBe(100);
  });

  it("rejects logits that are not [N, K]", () => {
    expect(() => fitTemperature([1, 2, 3], [0, 1])).toThrow(
      "fitTemperature: logits must be [N, K] for N of 1 or more labels, got 3 numbers for 2",
    );
    expect(() => fitTemperature([], [])).toThrow(RangeError);
  });
});
