import {
  type DenseRows,
  fitDenseLogisticRegression,
  scoreDenseLogisticRegression,
} from "@sweetspot/statistics";

/** A linear classifier on features as they are: `logits = W x + b`. */
export interface FittedProbe {
  /** `[K, C]`, row-major. */
  weight: Float32Array;
  /** `[K]`. */
  bias: Float32Array;
  /** The L2 penalty that was chosen, times the number of examples: 1 / C in scikit-learn. */
  penalty: number;
  /** Of that penalty: means over the held-out folds. */
  crossValidation: { loss: number; accuracy: number };
}

/** The penalties that are tried, from the strongest. */
const penalties = [3000, 1000, 300, 100, 30, 10, 3, 1, 0.3];
const folds = 3;
/** Cross-validation uses at most this many examples; more would take longer. */
const mostValidated = 2000;
/** Enough to choose by; the probe itself is fitted more closely. */
const rough = { mostSteps: 30, tolerance: 1e-3 };
const close = { mostSteps: 200, tolerance: 1e-4 };

/**
 * Fits a multinomial logistic regression on standardised features, and folds the standardisation into its
 * weights and biases. Its L2 penalty has the lowest cross entropy in a stratified 3-fold cross-validation on
 * the first 2,000 examples. Deterministic.
 *
 * A feature that is the same in all examples gets weight 0.
 *
 * @param features `[N, C]`
 * @param labels `[N]`, N of 2 or more, from `0 .. classes - 1`; a class may have no example
 */
export function fitProbe(features: DenseRows, labels: Int32Array, classes: number): FittedProbe {
  const { rows, means, scales } = standardised(features);
  const all = Int32Array.from(labels.keys());
  const { penalty, ...crossValidation } = crossValidated(rows, labels, classes);
  const regularisation = penalty / labels.length;
  const weights = fitDenseLogisticRegression(rows, all, labels, {
    classes,
    regularisation,
    ...close,
  });
  const { width } = features;
  const weight = new Float32Array(classes * width);
  const bias = new Float32Array(classes);
  for (let k = 0; k < classes; k++) {
    const base = k * (width + 1);
    let shift = weights[base + width] ?? 0;
    for (let c = 0; c < width; c++) {
      const w = (weights[base + c] ?? 0) / (scales[c] ?? 1);
      weight[k * width + c] = w;
      shift -= w * (means[c] ?? 0);
    }
    bias[k] = shift;
  }
  return { weight, bias, penalty, crossValidation };
}

/** Features with mean 0 and deviation 1 over the rows. */
function standardised({ values, width }: DenseRows): {
  rows: DenseRows;
  means: Float64Array;
  scales: Float64Array;
} {
  const n = values.length / width;
  const means = new Float64Array(width);
  const scales = new Float64Array(width);
  for (let i = 0; i < values.length; i++)
    means[i % width] = (means[i % width] ?? 0) + (values[i] ?? 0) / n;
  for (let i = 0; i < values.length; i++)
    scales[i % width] =
      (scales[i % width] ?? 0) + ((values[i] ?? 0) - (means[i % width] ?? 0)) ** 2 / n;
  // Rounding leaves a constant feature with a tiny deviation.
  for (let c = 0; c < width; c++) {
    const deviation = Math.sqrt(scales[c] ?? 0);
    scales[c] = deviation > 1e-6 * Math.max(1, Math.abs(means[c] ?? 0)) ? deviation : Infinity;
  }
  const rows = values.map((x, i) => (x - (means[i % width] ?? 0)) / (scales[i % width] ?? 1));
  return { rows: { values: rows, width }, means, scales };
}

/** The penalty with the lowest held-out loss, of equals the strongest. */
function crossValidated(
  rows: DenseRows,
  labels: Int32Array,
  classes: number,
): { penalty: number; loss: number; accuracy: number } {
  const parts = foldsOf(labels.subarray(0, mostValidated));
  const starts: (Float64Array | undefined)[] = parts.map(() => undefined);
  let best = { penalty: NaN, loss: Infinity, accuracy: 0 };
  for (const penalty of penalties) {
    const scores = parts.map(({ fitted, held }, i) => {
      const start = starts[i];
      const regularisation = penalty / fitted.length;
      const weights = fitDenseLogisticRegression(rows, fitted, labels, {
        classes,
        regularisation,
        ...rough,
        // What a stronger penalty ends with is near to what the next one ends with.
        ...(start && { start }),
      });
      starts[i] = weights;
      return scoreDenseLogisticRegression(rows, held, labels, weights);
    });
    const mean = (of: "loss" | "accuracy") =>
      scores.reduce((sum, score) => sum + score[of], 0) / scores.length;
    const loss = mean("loss");
    // The loss falls to one minimum: past it, weaker penalties are worse still.
    if (loss >= best.loss) break;
    best = { penalty, loss, accuracy: mean("accuracy") };
  }
  return best;
}

/** Stratified folds: the examples, sorted by class, in turn. Empty ones are left out. */
function foldsOf(labels: Int32Array): { fitted: Int32Array; held: Int32Array }[] {
  const byClass = [...labels.keys()].sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0) || a - b);
  const fold = new Int32Array(labels.length);
  byClass.forEach((example, i) => (fold[example] = i % folds));
  const rows = (keep: (of: number) => boolean) =>
    Int32Array.from([...fold.keys()].filter((i) => keep(fold[i] ?? 0)));
  return Array.from({ length: folds }, (_, f) => ({
    fitted: rows((of) => of !== f),
    held: rows((of) => of === f),
  })).filter(({ fitted, held }) => fitted.length > 0 && held.length > 0);
}
