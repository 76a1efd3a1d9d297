import type {
  CellResults,
  MetricsResult,
  Predictions,
  RightAnswers,
  Timing,
} from "@sweetspot/artifact";
import { atBudgets, curvePoint, exitCosts } from "./curves/curve-point.ts";
import { cascadeExits } from "./curves/exit-cost.ts";
import { confusionMatrix } from "./metrics/confusion.ts";
import { evaluateMetrics } from "./metrics/evaluate-metrics.ts";
import { type MetricName, metrics } from "./metrics/metrics.ts";
import type { PredictedSplit } from "./predictions.ts";
import { exitsAt, operatingPoint, speedAccuracyCurve } from "./curves/speed-accuracy.ts";
import { wilson } from "@sweetspot/statistics";

/** With more classes, operating points have no confusion matrix. */
const mostConfused = 50;

/**
 * Evaluates a cascade from its predictions on the test split and its timings alone, under the exit rule
 * by maximum probability.
 *
 * `thresholds` is the grid, in `[0, 1]`; `confidence` is the level of the intervals, in `(0, 0.999]`;
 * `metric` is the one that the task is judged by.
 *
 * @param timingFile for errors
 * @throws RangeError as `exitCosts`, or the metric is not defined for so many classes
 */
export function evaluate(
  predictions: Predictions,
  test: PredictedSplit,
  timing: Timing,
  {
    thresholds,
    confidence,
    metric = "accuracy",
  }: { thresholds: readonly number[]; confidence: number; metric?: MetricName },
  timingFile = "timing.json",
): CellResults {
  const { method, precision, labels, layers, members } = predictions;
  const n = test.labels.length;
  const costs = exitCosts(predictions, timing, timingFile);
  const points = speedAccuracyCurve(test);
  const needed = metrics[metric].classes ?? labels.length;
  if (needed !== labels.length) {
    throw new RangeError(
      `evaluate: metric ${metric}: expected ${needed} classes, got ${labels.length}; choose macroF1, mcc or accuracy`,
    );
  }
  const measure = (answers: ArrayLike<number>) =>
    evaluateMetrics(confusionMatrix(test.labels, answers, labels.length), confidence);
  return {
    format: "sweetspot-results-3",
    method,
    precision,
    labels,
    layers,
    examples: n,
    testSha256: test.sha256,
    confidence,
    metric,
    majority: majority(test.labels, labels),
    exits: cascadeExits(members).map((exit, e) => {
      const correct = Array.from(test.correct[e] ?? []).reduce((a, b) => a + b, 0);
      return {
        exitLayer: exit.exitLayer,
        layers: exit.layers,
        accuracy: correct / n,
        correct,
        n,
        interval: wilson(correct, n, confidence),
        ms: costs.time.exits[e] ?? { "1": NaN, "8": NaN, "32": NaN },
        metrics: measure(test.predicted[e] ?? []),
      };
    }),
    curve: points.map((point) => curvePoint(point, costs)),
    grid: thresholds.map((threshold) => curvePoint(operatingPoint(test, threshold), costs)),
    atBudget: atBudgets(points, costs, confidence).map((point) => {
      const { confusion, ...measured } = measure(answersAt(test, point.threshold));
      const kept = labels.length > mostConfused ? undefined : { confusion };
      return { ...point, metrics: { ...measured, ...kept } satisfies MetricsResult };
    }),
    timing: { machine: timing.machine, batches: timing.batches[precision] ?? [] },
  };
}

/**
 * Which examples are answered correctly, for the accuracies in `results`, which `evaluate` made from
 * `test`: so that two cascades can be compared example by example.
 */
export function rightAnswers(results: CellResults, test: PredictedSplit): RightAnswers {
  return {
    exits: test.correct.map((row) => Uint8Array.from(row)),
    atBudget: results.atBudget.map(({ threshold }) =>
      Uint8Array.from(exitsAt(test, threshold), (exit, i) => test.correct[exit]?.[i] ?? 0),
    ),
  };
}

/** The class that the cascade answers each example with at a threshold, `[N]`. */
function answersAt(test: PredictedSplit, threshold: number): Int32Array {
  return exitsAt(test, threshold).map((exit, i) => test.predicted[exit]?.[i] ?? 0);
}

/** The most frequent label (the first of equally frequent ones) and its share. */
function majority(y: Int32Array, labels: readonly string[]): { label: string; share: number } {
  const counts = new Int32Array(labels.length);
  for (const label of y) counts[label] = (counts[label] ?? 0) + 1;
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return { label: labels[counts.indexOf(most)] ?? "", share: most / y.length };
}
