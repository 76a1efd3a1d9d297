import { expect, test } from "vitest";
import {
  denseCrossEntropy,
  fitDenseLogisticRegression,
  scoreDenseLogisticRegression,
} from "./dense-logistic-regression.ts";
import { fitLogisticRegression } from "./logistic-regression.ts";

const width = 3;
/** Seven rows of three columns. */
const x = {
  values: Float32Array.from({ length: 7 * width }, (_, i) => Math.sin(3 * i + 1)),
  width,
};
const y = Int32Array.of(0, 1, 1, 0, 1, 3, 0);
const rows = Int32Array.of(0, 1, 2, 4, 5, 6);

test("the gradient equals finite differences, biases included, also for a class without rows", () => {
  const objective = denseCrossEntropy(x, rows, y, { classes: 4, regularisation: 0.7 });
  const weights = Float64Array.from({ length: 16 }, (_, i) => Math.sin(i + 1));
  const gradient = new Float64Array(16);
  objective(weights, gradient);
  const scratch = new Float64Array(16);
  const h = 1e-6;
  for (let i = 0; i < 16; i++) {
    const shifted = (by: number) =>
      objective(
        weights.map((w, j) => (j === i ? w + by : w)),
        scratch,
      );
    expect(gradient[i]).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 7);
  }
});

test("it is the sparse regression's fit on the same rows", () => {
  const options = { classes: 4, regularisation: 0.05, mostSteps: 500, tolerance: 1e-9 };
  const dense = fitDenseLogisticRegression(x, rows, y, options);
  const sparse = fitLogisticRegression(
    {
      offsets: Int32Array.from({ length: rows.length + 1 }, (_, i) => i * width),
      columns: Int32Array.from({ length: rows.length * width }, (_, i) => i % width),
      values: Float64Array.from(
        [...rows].flatMap((row) => [...x.values.subarray(row * width, (row + 1) * width)]),
      ),
      width,
    },
    Int32Array.from(rows, (row) => y[row] ?? -1),
    options,
  );
  // [K, F + 1] against [F + 1, K]; only differences between the classes' biases matter.
  for (let k = 0; k < 4; k++)
    for (let f = 0; f < width; f++)
      expect(dense[k * (width + 1) + f]).toBeCloseTo(sparse[f * 4 + k] ?? NaN, 5);
  const bias = (k: number) => dense[k * (width + 1) + width] ?? NaN;
  expect(bias(1) - bias(0)).toBeCloseTo((sparse[13] ?? NaN) - (sparse[12] ?? NaN), 5);
});

test("rows that are not asked for change nothing", () => {
  const options = { classes: 4, regularisation: 0.05 };
  const changed = { width, values: x.values.slice().fill(1e6, 3 * width, 4 * width) };
  expect(fitDenseLogisticRegression(changed, rows, y, options)).toEqual(
    fitDenseLogisticRegression(x, rows, y, options),
  );
});

test("the score has the mean cross entropy and the share of right answers", () => {
  // Biases alone: probabilities 0.7, 0.2, 0.1 and always the first class.
  const weights = new Float64Array(3 * (width + 1));
  [0.7, 0.2, 0.1].forEach((p, k) => (weights[k * (width + 1) + width] = Math.log(p)));
  const labels = Int32Array.of(0, 1, 2, 0, 0, 0, 0);
  const { loss, accuracy } = scoreDenseLogisticRegression(
    x,
    Int32Array.of(0, 1, 2),
    labels,
    weights,
  );
  expect(loss).toBeCloseTo(-(Math.log(0.7) + Math.log(0.2) + Math.log(0.1)) / 3, 12);
  expect(accuracy).toBeCloseTo(1 / 3, 12);
});
