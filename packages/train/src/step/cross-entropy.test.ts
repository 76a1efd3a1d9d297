import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { crossEntropy } from "./cross-entropy.ts";

const loss = (logits: number[][], labels: number[], weights: number[]): number =>
  tf.tidy(
    () =>
      crossEntropy(
        tf.tensor2d(logits),
        tf.tensor1d(labels, "int32"),
        tf.tensor1d(weights),
      ).dataSync()[0] ?? NaN,
  );

it("is the weighted mean of -log softmax at the label", () => {
  const rows = fc.integer({ min: 1, max: 7 });
  const classes = fc.integer({ min: 2, max: 5 });
  const cases = fc.tuple(rows, classes).chain(([b, k]) =>
    fc.record({
      logits: fc.array(
        fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: k, maxLength: k }),
        { minLength: b, maxLength: b },
      ),
      labels: fc.array(fc.integer({ min: 0, max: k - 1 }), { minLength: b, maxLength: b }),
      weights: fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), {
        minLength: b,
        maxLength: b,
      }),
    }),
  );
  fc.assert(
    fc.property(cases, ({ logits, labels, weights }) => {
      const each = logits.map((row, i) => {
        const largest = Math.max(...row);
        const sum = row.reduce((s, x) => s + Math.exp(x - largest), 0);
        return largest + Math.log(sum) - (row[labels[i] ?? -1] ?? NaN);
      });
      const total = weights.reduce((a, b) => a + b);
      const mean = each.reduce((s, x, i) => s + x * (weights[i] ?? NaN), 0) / total;
      expect(Math.abs(loss(logits, labels, weights) - mean)).toBeLessThan(1e-5 * (1 + mean));
    }),
  );
});

it("does not see an example of weight 0, whatever its logits and label", () => {
  const alone = loss([[1, -2, 0.5]], [1], [1]);
  for (const row of [
    [0, 0, 0],
    [1e30, -1e30, 0],
    [-7, 3, 3],
  ]) {
    for (const label of [0, 1, 2]) {
      expect(loss([[1, -2, 0.5], row], [1, label], [1, 0])).toBe(alone);
    }
  }
});

it("stays finite where a plain softmax would overflow", () => {
  expect(loss([[1e4, -1e4]], [0], [1])).toBeCloseTo(0);
  expect(loss([[1e4, -1e4]], [1], [1])).toBe(2e4);
});
