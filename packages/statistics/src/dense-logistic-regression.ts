import { minimise, type SmoothFunction } from "./lbfgs.ts";
import type { RegressionOptions } from "./logistic-regression.ts";

/** Rows of equal width, `[N, F]`, row-major. */
export interface DenseRows {
  values: Float32Array | Float64Array;
  /** F, at least 1. */
  width: number;
}

/**
 * Fits a multinomial logistic regression on dense rows by L-BFGS: minimises
 * `-1/N sum_i log softmax(W x_i + b)_y_i + regularisation / 2 |W|^2`. Deterministic.
 *
 * A class without rows gets a low bias: the fit stops after `mostSteps` steps.
 *
 * @param rows which rows of `x` to fit, N of them
 * @param y the class of each row of `x`, from `0 .. classes - 1`
 * @returns `[K, F + 1]`: the weights of each class, its bias last
 */
export function fitDenseLogisticRegression(
  x: DenseRows,
  rows: Int32Array,
  y: Int32Array,
  { classes, regularisation, start, mostSteps = 100, tolerance = 1e-4 }: RegressionOptions,
): Float64Array {
  const weights = start?.slice() ?? new Float64Array((x.width + 1) * classes);
  const loss = denseCrossEntropy(x, rows, y, { classes, regularisation });
  minimise(loss, weights, { mostSteps, tolerance });
  return weights;
}

/** The function that `fitDenseLogisticRegression` minimises, over weights `[K, F + 1]`. */
export function denseCrossEntropy(
  x: DenseRows,
  rows: Int32Array,
  y: Int32Array,
  { classes, regularisation }: { classes: number; regularisation: number },
): SmoothFunction {
  const { values, width } = x;
  const scores = new Float64Array(classes);
  return (weights, gradient) => {
    let loss = 0;
    for (let k = 0; k < classes; k++) {
      const base = k * (width + 1);
      for (let f = base; f < base + width; f++) {
        const w = weights[f] ?? 0;
        loss += (regularisation / 2) * w * w;
        gradient[f] = regularisation * w;
      }
      gradient[base + width] = 0;
    }
    for (const row of rows) {
      denseScores(x, row, weights, scores);
      const label = y[row] ?? 0;
      loss -= (scores[label] ?? 0) / rows.length;
      loss += softmax(scores) / rows.length;
      for (let k = 0; k < classes; k++) {
        const slope = ((scores[k] ?? 0) - Number(k === label)) / rows.length;
        const base = k * (width + 1);
        const from = row * width;
        for (let f = 0; f < width; f++)
          gradient[base + f] = (gradient[base + f] ?? 0) + slope * (values[from + f] ?? 0);
        gradient[base + width] = (gradient[base + width] ?? 0) + slope;
      }
    }
    return loss;
  };
}

/**
 * The mean cross entropy of fitted weights on some rows, and the share of them that they answer right.
 *
 * @param weights `[K, F + 1]`
 */
export function scoreDenseLogisticRegression(
  x: DenseRows,
  rows: Int32Array,
  y: Int32Array,
  weights: Float64Array,
): { loss: number; accuracy: number } {
  const scores = new Float64Array(weights.length / (x.width + 1));
  let loss = 0;
  let right = 0;
  for (const row of rows) {
    denseScores(x, row, weights, scores);
    const label = y[row] ?? 0;
    const own = scores[label] ?? 0;
    right += Number(scores.indexOf(scores.reduce((a, b) => Math.max(a, b), -Infinity)) === label);
    loss += softmax(scores) - own;
  }
  return { loss: loss / rows.length, accuracy: right / rows.length };
}

/** Writes `W x + b` of a row into `scores`, `[K]`. */
function denseScores(
  { values, width }: DenseRows,
  row: number,
  weights: Float64Array,
  scores: Float64Array,
): void {
  const from = row * width;
  for (let k = 0; k < scores.length; k++) {
    const base = k * (width + 1);
    let score = weights[base + width] ?? 0;
    for (let f = 0; f < width; f++) score += (values[from + f] ?? 0) * (weights[base + f] ?? 0);
    scores[k] = score;
  }
}

/** Turns scores into probabilities, in place. @returns the logarithm of the sum of their exponentials */
function softmax(scores: Float64Array): number {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    const e = Math.exp((scores[k] ?? 0) - most);
    scores[k] = e;
    sum += e;
  }
  for (let k = 0; k < scores.length; k++) scores[k] = (scores[k] ?? 0) / sum;
  return most + Math.log(sum);
}
