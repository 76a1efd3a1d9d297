import { expect, test } from "vitest";
import { crossEntropy, fitLogisticRegression, predictClasses } from "./logistic-regression.ts";

/** Five rows of three columns, the fourth row empty. */
const x = {
  offsets: Int32Array.of(0, 2, 3, 5, 5, 7),
  columns: Int32Array.of(0, 2, 1, 0, 1, 1, 2),
  values: Float64Array.of(0.5, -1, 2, 1.5, 0.25, -0.75, 1),
  width: 3,
};
const y = Int32Array.of(0, 1, 1, 0, 1);

test("the gradient equals finite differences, biases included, also for a class without rows", () => {
  const objective = crossEntropy(x, y, { classes: 3, regularisation: 0.7 });
  const weights = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i + 1));
  const gradient = new Float64Array(12);
  objective(weights, gradient);
  const scratch = new Float64Array(12);
  const h = 1e-6;
  for (let i = 0; i < 12; i++) {
    const shifted = (by: number) =>
      objective(
        weights.map((w, j) => (j === i ? w + by : w)),
        scratch,
      );
    expect(gradient[i]).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 7);
  }
});

test("zero weights have a loss of ln K, and biases are not penalised", () => {
  const loss = (weights: Float64Array) =>
    crossEntropy(x, y, { classes: 2, regularisation: 3 })(weights, new Float64Array(8));
  expect(loss(new Float64Array(8))).toBeCloseTo(Math.log(2), 12);
  // Equal biases change no probability.
  expect(loss(Float64Array.of(0, 0, 0, 0, 0, 0, 5, 5))).toBeCloseTo(Math.log(2), 12);
  // Nor do equal weights, but they are penalised: 3 / 2 (4 + 4).
  expect(loss(Float64Array.of(0, 0, 2, 2, 0, 0, 0, 0))).toBeCloseTo(Math.log(2) + 12, 12);
});

test("if the columns are uninformative, the biases are the logarithms of the labels' shares", () => {
  const empty = { ...x, offsets: new Int32Array(6) };
  const weights = fitLogisticRegression(empty, y, { classes: 2, regularisation: 1 });
  // Three of five rows are of class 1.
  expect((weights[7] ?? 0) - (weights[6] ?? 0)).toBeCloseTo(Math.log(3 / 2), 3);
});

test("with one column, the weight solves its equation", () => {
  const one = {
    offsets: Int32Array.of(0, 1, 2),
    columns: Int32Array.of(0, 0),
    values: Float64Array.of(1, -1),
    width: 1,
  };
  const weights = fitLogisticRegression(one, Int32Array.of(0, 1), {
    classes: 2,
    regularisation: 0.1,
  });
  // By symmetry the weights are w and -w, the biases equal: 0.1 w = 1 / (1 + exp(2 w)).
  const [w = 0, v = 0] = weights;
  expect(v).toBeCloseTo(-w, 10);
  expect(0.1 * w).toBeCloseTo(1 / (1 + Math.exp(2 * w)), 3);
  expect([...predictClasses(one, weights, 2)]).toEqual([0, 1]);
});

test("starting from an earlier result leads to the same minimum", () => {
  const problem = { classes: 2, regularisation: 0.01 };
  const cold = fitLogisticRegression(x, y, problem);
  const start = fitLogisticRegression(x, y, { ...problem, regularisation: 0.1 });
  const before = [...start];
  const warm = fitLogisticRegression(x, y, { ...problem, start });
  expect([...start]).toEqual(before);
  warm.forEach((w, i) => expect(w).toBeCloseTo(cold[i] ?? NaN, 1));
});
