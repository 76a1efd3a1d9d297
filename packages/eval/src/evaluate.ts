import { cascadeExits } from "./exit-cost.ts";
import type { PredictedSplit, Predictions } from "./predictions.ts";
import type { BudgetResult, CellResults, CurvePoint } from "./results.ts";
import {
  exitsAt,
  type OperatingPoint,
  operatingPoint,
  speedAccuracyCurve,
} from "./speed-accuracy.ts";
import { exitMilliseconds, type Timing } from "./timing.ts";
import { wilson } from "./statistics/wilson.ts";

/** The shares of the full model's cost at which accuracy is read off the curve. */
export const budgets: readonly number[] = [0.25, 0.5, 0.75];

/**
 * Everything that is known of a cascade from its predictions on the test split and its timings.
 *
 * `thresholds` are of the grid, in `[0, 1]`; `confidence` is the level of the intervals, in `(0, 1)`.
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
  const exits = cascadeExits(members);
  const exitMs = {
    "1": exitMilliseconds(timing, exits, 1, timingFile),
    "32": exitMilliseconds(timing, exits, 32, timingFile),
  };
  const exitLayers = exits.map((exit) => exit.layers);
  // One division of integers, so that a cost of exactly half is 0.5.
  const cost = (exitCounts: readonly number[]) => total(exitCounts, exitLayers) / (n * layers);
  const describe = ({ threshold, exitCounts, correct }: OperatingPoint): CurvePoint => ({
    threshold,
    cost: cost(exitCounts),
    ms: { "1": total(exitCounts, exitMs["1"]) / n, "32": total(exitCounts, exitMs["32"]) / n },
    accuracy: correct / n,
    exitShares: exitCounts.map((count) => count / n),
  });
  const points = speedAccuracyCurve(test);
  const atBudget = budgets.flatMap((budget): BudgetResult[] => {
    const best = points.findLast((p) => cost(p.exitCounts) <= budget);
    if (best === undefined) return [];
    const interval = wilson(best.correct, n, confidence);
    return [{ budget, ...describe(best), correct: best.correct, interval }];
  });
  return {
    format: "sweetspot-results-1",
    method,
    labels,
    layers,
    examples: n,
    testSha256: test.sha256,
    confidence,
    majority: majority(test.labels, labels),
    exits: exits.map((exit, e) => {
      const correct = Array.from(test.correct[e] ?? []).reduce((a, b) => a + b, 0);
      return {
        exitLayer: exit.exitLayer,
        layers: exit.layers,
        accuracy: correct / n,
        correct,
        n,
        interval: wilson(correct, n, confidence),
        ms: { "1": exitMs["1"][e] ?? NaN, "32": exitMs["32"][e] ?? NaN },
      };
    }),
    curve: points.map(describe),
    grid: thresholds.map((threshold) => describe(operatingPoint(test, threshold))),
    atBudget,
    timing: { machine: timing.machine, batches: timing.batches },
  };
}

/** What all examples cost together, `exitCosts` being that of one that leaves at each exit. */
function total(exitCounts: readonly number[], exitCosts: readonly number[]): number {
  return exitCounts.reduce((sum, count, e) => sum + count * (exitCosts[e] ?? NaN), 0);
}

/**
 * Which examples a cascade answers rightly, so that two cascades can be compared example by example
 * on the same test split: 1 if so, else 0.
 */
export interface RightAnswers {
  /** By exit, `[E][N]`. */
  exits: Uint8Array[];
  /** At the operating point of each entry of `CellResults.atBudget`, `[B][N]`. */
  atBudget: Uint8Array[];
}

/** The examples behind the accuracies in `results`, which `evaluate` made from `test`. */
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
  const counts = labels.map((_, k) => y.filter((label) => label === k).length);
  const most = Math.max(...counts);
  return { label: labels[counts.indexOf(most)] ?? "", share: most / y.length };
}
