import { expect, it } from "vitest";
import { balancedWeights } from "./class-weights.ts";

it("gives each class that occurs the same total, and an example 1 on average", () => {
  const labels = Int32Array.of(0, 0, 0, 2, 0, 2, 3);
  const weights = balancedWeights(labels, 4);
  // 7 examples of 3 classes: 7 / (3 * 4), 7 / (3 * 2), 7 / 3.
  expect([...weights]).toEqual([7 / 12, 0, 7 / 6, 7 / 3]);
  const total = labels.reduce((sum, label) => sum + (weights[label] ?? NaN), 0);
  expect(total).toBeCloseTo(7, 12);
});
