import { minimise, type SmoothFunction } from "./lbfgs.ts";

/** Sparse rows: their non-zero values, concatenated. */
export interface SparseRows {
  /** `[N + 1]`, where each row starts. */
  offsets: Int32Array;
  /** `[nnz]`, the column of each value. */
  columns: Int32Array;
  /** `[nnz]`. */
  values: Float64Array;
  /** How many columns there are, F. */
  width: number;
}

/**
 * The target of each row: its class, `[N]` from `0 .. K - 1`, or the probabilities of its classes, `[N, K]`.
 */
export type Targets = Int32Array | Float64Array;

/** How to fit a logistic regression. */
export interface RegressionOptions {
  /** K. */
  classes: number;
  /** The strength of the L2 penalty on the weights; biases have none. */
  regularisation: number;
  /** The initial weights, by default zeros. */
  start?: Float64Array;
  /** As in `minimise`; by default 100 and 1e-4. */
  mostSteps?: number;
  tolerance?: number;
}

/**
 * Fits a multinomial logistic regression by L-BFGS: minimises
 * `-1/N sum_ik y_ik log softmax(W x_i + b)_k + regularisation / 2 |W|^2`. Deterministic.
 *
 * @returns `[F + 1, K]`, the weights of each column and, last, the biases
 */
export function fitLogisticRegression(
  x: SparseRows,
  y: Targets,
  { classes, regularisation, start, mostSteps = 100, tolerance = 1e-4 }: RegressionOptions,
): Float64Array {
  const weights = start?.slice() ?? new Float64Array((x.width + 1) * classes);
  minimise(crossEntropy(x, y, { classes, regularisation }), weights, { mostSteps, tolerance });
  return weights;
}

/** The function that `fitLogisticRegression` minimises, over weights `[F + 1, K]`. */
export function crossEntropy(
  x: SparseRows,
  y: Targets,
  { classes, regularisation }: { classes: number; regularisation: number },
): SmoothFunction {
  const count = x.offsets.length - 1;
  const target = (row: number, k: number) =>
    y instanceof Int32Array ? Number(y[row] === k) : (y[row * classes + k] ?? 0);
  const scores = new Float64Array(classes);
  return (weights, gradient) => {
    let loss = 0;
    const biases = x.width * classes;
    for (let i = 0; i < biases; i++) {
      const w = weights[i] ?? 0;
      loss += (regularisation / 2) * w * w;
      gradient[i] = regularisation * w;
    }
    gradient.fill(0, biases);
    for (let row = 0; row < count; row++) {
      rowScores(x, row, weights, scores);
      const log = logSumExp(scores);
      let expected = 0;
      for (let k = 0; k < classes; k++) expected += target(row, k) * (scores[k] ?? 0);
      loss += (log - expected) / count;
      // From here on `scores` holds the gradient of the row's loss with respect to the scores.
      for (let k = 0; k < classes; k++)
        scores[k] = (Math.exp((scores[k] ?? 0) - log) - target(row, k)) / count;
      const end = x.offsets[row + 1] ?? 0;
      for (let j = x.offsets[row] ?? 0; j <= end; j++) {
        // The bias is a column of ones.
        const value = j < end ? (x.values[j] ?? 0) : 1;
        const base = (j < end ? (x.columns[j] ?? 0) : x.width) * classes;
        for (let k = 0; k < classes; k++)
          gradient[base + k] = (gradient[base + k] ?? 0) + value * (scores[k] ?? 0);
      }
    }
    return loss;
  };
}

/** The class with the largest score in each row; of equals, the first. @returns `[N]` */
export function predictClasses(x: SparseRows, weights: Float64Array, classes: number): Int32Array {
  const scores = new Float64Array(classes);
  return Int32Array.from({ length: x.offsets.length - 1 }, (_, row) => {
    rowScores(x, row, weights, scores);
    return scores.indexOf(largest(scores));
  });
}

/** Writes `W x + b` of a row into `scores`, `[K]`. */
function rowScores(x: SparseRows, row: number, weights: Float64Array, scores: Float64Array): void {
  const classes = scores.length;
  for (let k = 0; k < classes; k++) scores[k] = weights[x.width * classes + k] ?? 0;
  for (let j = x.offsets[row] ?? 0; j < (x.offsets[row + 1] ?? 0); j++) {
    const base = (x.columns[j] ?? 0) * classes;
    const value = x.values[j] ?? 0;
    for (let k = 0; k < classes; k++)
      scores[k] = (scores[k] ?? 0) + value * (weights[base + k] ?? 0);
  }
}

function logSumExp(scores: Float64Array): number {
  const most = largest(scores);
  return most + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - most), 0));
}

function largest(scores: Float64Array): number {
  return scores.reduce((most, score) => Math.max(most, score), -Infinity);
}
