/** A fitted logistic regression on D features. */
export interface LogisticRegression {
  /** On the features as they are, `[D]`. */
  weights: number[];
  bias: number;
}

/**
 * Logistic regression with an L2 penalty, by Newton's method: the minimum, which is unique, of
 * `-sum_i (t_i log s_i + (1 - t_i) log(1 - s_i)) + l2 / 2 sum_d (w_d sd_d)^2`, where
 * `s = sigmoid(w x + b)` and `sd` is a feature's standard deviation. The targets t are Platt's: for
 * P positives and M negatives `(P + 1) / (P + 2)` and `1 / (M + 2)`, so that the minimum is finite
 * even where all answers are the same.
 *
 * @param features `[N][D]`, finite
 * @param answers `[N]`, 1 or 0
 * @param l2 above 0
 * @throws RangeError if there is no example, or the shapes differ
 * Source: Platt, "Probabilistic outputs for support vector machines", 1999 (targets).
 */
export function fitLogisticRegression(
  features: readonly ArrayLike<number>[],
  answers: ArrayLike<number>,
  l2 = 1,
): LogisticRegression {
  const n = features.length;
  const size = features[0]?.length ?? 0;
  if (n === 0 || answers.length !== n || features.some((row) => row.length !== size)) {
    throw new RangeError(
      `fitLogisticRegression: features must be [N, D] for N of 1 or more answers, got ${n} rows for ${answers.length}`,
    );
  }
  const { rows, means, scales } = standardised(features, size);
  const positives = Array.from(answers).reduce((a, b) => a + b, 0);
  const [yes, no] = [(positives + 1) / (positives + 2), 1 / (n - positives + 2)];
  const targets = Array.from(answers, (answer) => (answer === 1 ? yes : no));
  const penalty = (w: Float64Array) =>
    (l2 / 2) * w.subarray(0, size).reduce((sum, x) => sum + x * x, 0);
  const loss = (w: Float64Array) =>
    rows.reduce((sum, row, i) => {
      const z = dot(w, row);
      // -log likelihood of a target t: log(1 + exp(z)) - t z, without overflow.
      return sum + Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (targets[i] ?? NaN) * z;
    }, penalty(w));
  let w: Float64Array = new Float64Array(size + 1);
  let current = loss(w);
  for (let step = 0; step < 100; step++) {
    const direction = newtonDirection(rows, targets, w, l2);
    let rate = 1;
    const moved = () => w.map((x, d) => x - rate * (direction[d] ?? NaN));
    // Far from the minimum a whole step may overshoot it.
    while (rate > 1e-10 && !(loss(moved()) <= current)) rate /= 2;
    if (rate <= 1e-10) break;
    w = moved();
    current = loss(w);
    if (Math.max(...direction.map(Math.abs)) < 1e-10) break;
  }
  const weights = Array.from(scales, (scale, d) => (w[d] ?? NaN) / scale);
  return { weights, bias: weights.reduce((b, x, d) => b - x * (means[d] ?? NaN), w[size] ?? NaN) };
}

/** The probability that the answer is 1, in `[0, 1]`. @param features `[D]` */
export function logistic(
  { weights, bias }: LogisticRegression,
  features: ArrayLike<number>,
): number {
  return sigmoid(weights.reduce((sum, w, d) => sum + w * (features[d] ?? NaN), bias));
}

function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] ?? NaN) * (b[d] ?? NaN);
  return sum;
}

/** Each feature with mean 0 and deviation 1, and a 1 for the bias at the end, `[N][D + 1]`. */
function standardised(features: readonly ArrayLike<number>[], size: number) {
  const columns = Array.from({ length: size }, (_, d) => features.map((row) => row[d] ?? NaN));
  const means = columns.map((column) => column.reduce((a, b) => a + b, 0) / column.length);
  const scales = columns.map((column, d) => {
    const mean = means[d] ?? NaN;
    const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length;
    // A feature that is always the same tells nothing and is only shifted to 0.
    return Math.sqrt(variance) > 1e-12 * Math.abs(mean) ? Math.sqrt(variance) : 1;
  });
  const rows = features.map((row) =>
    Float64Array.from({ length: size + 1 }, (_, d) =>
      d === size ? 1 : ((row[d] ?? NaN) - (means[d] ?? NaN)) / (scales[d] ?? NaN),
    ),
  );
  return { rows, means, scales };
}

/** The loss's gradient by w over its second derivative. */
function newtonDirection(
  rows: readonly Float64Array[],
  targets: readonly number[],
  w: Float64Array,
  l2: number,
): Float64Array {
  const size = w.length;
  const penalised = (d: number) => (d < size - 1 ? l2 : 0);
  const gradient = w.map((x, d) => penalised(d) * x);
  const hessian = Array.from({ length: size }, (_, d) => {
    const row = new Float64Array(size);
    row[d] = penalised(d);
    return row;
  });
  rows.forEach((row, i) => {
    const s = sigmoid(dot(w, row));
    for (let d = 0; d < size; d++) {
      const x = row[d] ?? NaN;
      gradient[d] = (gradient[d] ?? NaN) + (s - (targets[i] ?? NaN)) * x;
      const of = hessian[d];
      if (of === undefined) continue;
      for (let c = 0; c <= d; c++) of[c] = (of[c] ?? NaN) + s * (1 - s) * x * (row[c] ?? NaN);
    }
  });
  return solve(hessian, gradient);
}

/** `A x = b` by Cholesky's factors; `lower` holds A's lower triangle, positive definite. */
function solve(lower: readonly Float64Array[], b: Float64Array): Float64Array {
  const size = b.length;
  const factor = lower.map((row) => Float64Array.from(row));
  const at = (i: number, j: number) => factor[i]?.[j] ?? NaN;
  factor.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      let sum = row[j] ?? NaN;
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      row[j] = i === j ? Math.sqrt(sum) : sum / at(j, j);
    }
  });
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] ?? NaN) - at(i, k) * (x[k] ?? NaN);
    x[i] = (x[i] ?? NaN) / at(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] = (x[i] ?? NaN) - at(k, i) * (x[k] ?? NaN);
    x[i] = (x[i] ?? NaN) / at(i, i);
  }
  return x;
}
