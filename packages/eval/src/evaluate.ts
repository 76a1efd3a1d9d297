import type { CellResults, Predictions, RightAnswers, Timing } from "@sweetspot/artifact";
import { atBudgets, curvePoint, exitCosts } from "./curves/curve-point.ts";
import { cascadeExits } from "./curves/exit-cost.ts";
import type { PredictedSplit } from "./predictions.ts";
import { exitsAt, operatingPoint, speedAccuracyCurve } from "./curves/speed-accuracy.ts";
import { wilson } from "@sweetspot/statistics";

/**
 * Evaluates a cascade from its predictions on the test split and its timings alone, under the exit rule
 * by maximum probability.
 *
 * `thresholds` is the grid, in `[0, 1]`; `confidence` is the level of the intervals, in `(0, 1)`.
 *
 * @param timingFile for errors
 * @throws RangeError if a segment was not timed
 */
export function evaluate(
  predictions: Predictions,
  test: PredictedSplit,
  timing: Timing,
  { thresholds, confidence }: { thresholds: readonly number[]; confidence: number },
  timingFile = "timing.json",
): CellResults {
  const { method, labels, layers, members } = predictions;
  const n = test.labels.length;
  const costs = exitCosts(predictions, timing, timingFile);
  const points = speedAccuracyCurve(test);
  return {
    format: "sweetspot-results-2",
    method,
    labels,
    layers,
    examples: n,
    testSha256: test.sha256,
    confidence,
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
        ms: { "1": costs.exitMs["1"][e] ?? NaN, "32": costs.exitMs["32"][e] ?? NaN },
      };
    }),
    curve: points.map((point) => curvePoint(point, costs)),
    grid: thresholds.map((threshold) => curvePoint(operatingPoint(test, threshold), costs)),
    atBudget: atBudgets(points, costs, confidence),
    timing: { machine: timing.machine, batches: timing.batches },
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

/** The most frequent label (the first of equally frequent ones) and its share. */
function majority(y: Int32Array, labels: readonly string[]): { label: string; share: number } {
  const counts = new Int32Array(labels.length);
  for (const label of y) counts[label] = (counts[label] ?? 0) + 1;
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return { label: labels[counts.indexOf(most)] ?? "", share: most / y.length };
}
