import { fitLogisticRegression } from "@sweetspot/statistics";

/** A fitted logistic regression on D features. */
export interface LogisticRegression {
  /** Weights of the unscaled features, `[D]`. */
  weights: number[];
  bias: number;
}

/**
 * The probability of a right answer as a logistic regression with an L2 penalty: the minimum of
 * `-sum_i (t_i log s_i + (1 - t_i) log(1 - s_i)) + l2 / 2 sum_d (w_d sd_d)^2`, where
 * `s = sigmoid(w x + b)` and `sd` is a feature's standard deviation. The targets t are Platt's: for
 * P positives and M negatives `(P + 1) / (P + 2)` and `1 / (M + 2)`, so the minimum is finite even
 * if all answers are the same.
 *
 * @param features `[N][D]`, finite
 * @param answers `[N]`, 1 or 0
 * @param l2 above 0
 * @throws RangeError if there is no example, or the shapes differ
 * Source: Platt, "Probabilistic outputs for support vector machines", 1999 (targets).
 */
export function fitAnswers(
  features: readonly ArrayLike<number>[],
  answers: ArrayLike<number>,
  l2 = 1,
): LogisticRegression {
  const n = features.length;
  const width = features[0]?.length ?? 0;
  if (n === 0 || answers.length !== n || features.some((row) => row.length !== width)) {
    throw new RangeError(
      `fitAnswers: features must be [N, D] for N of 1 or more answers, got ${n} rows for ${answers.length}`,
    );
  }
  const { means, scales } = moments(features, width);
  const values = Float64Array.from({ length: n * width }, (_, i) => {
    const d = i % width;
    return ((features[Math.floor(i / width)]?.[d] ?? NaN) - (means[d] ?? NaN)) / (scales[d] ?? NaN);
  });
  const x = {
    offsets: Int32Array.from({ length: n + 1 }, (_, i) => i * width),
    columns: Int32Array.from(values, (_, i) => i % width),
    values,
    width,
  };
  const positives = Array.from(answers).reduce((a, b) => a + b, 0);
  const [yes, no] = [(positives + 1) / (positives + 2), 1 / (n - positives + 2)];
  const y = Float64Array.from({ length: 2 * n }, (_, i) => {
    const right = answers[Math.floor(i / 2)] === 1 ? yes : no;
    return i % 2 === 1 ? right : 1 - right;
  });
  // Each of two classes has half the weight, with opposite signs, hence the factor 2 in the penalty.
  const regularisation = (2 * l2) / n;
  const fitted = fitLogisticRegression(x, y, {
    classes: 2,
    regularisation,
    mostSteps: 1000,
    tolerance: 1e-11,
  });
  const of = (d: number) => (fitted[2 * d + 1] ?? NaN) - (fitted[2 * d] ?? NaN);
  const weights = scales.map((scale, d) => of(d) / scale);
  return { weights, bias: weights.reduce((b, w, d) => b - w * (means[d] ?? NaN), of(width)) };
}

/** The probability that the answer is 1, in `[0, 1]`. @param features `[D]` */
export function logistic(
  { weights, bias }: LogisticRegression,
  features: ArrayLike<number>,
): number {
  const z = weights.reduce((sum, w, d) => sum + w * (features[d] ?? NaN), bias);
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}

/** Each feature's mean and standard deviation, which is 1 for a constant feature. */
function moments(features: readonly ArrayLike<number>[], width: number) {
  const columns = Array.from({ length: width }, (_, d) => features.map((row) => row[d] ?? NaN));
  const means = columns.map((column) => column.reduce((a, b) => a + b, 0) / column.length);
  const scales = columns.map((column, d) => {
    const mean = means[d] ?? NaN;
    const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length;
    return Math.sqrt(variance) > 1e-12 * Math.abs(mean) ? Math.sqrt(variance) : 1;
  });
  return { means, scales };
}
