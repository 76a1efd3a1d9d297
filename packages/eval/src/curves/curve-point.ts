import {
  type BudgetResult,
  type CurvePoint,
  type Predictions,
  type Timing,
} from "@sweetspot/artifact";
import { cascadeExits, meanCost } from "./exit-cost.ts";
import type { OperatingPoint } from "./speed-accuracy.ts";
import { wilson } from "@sweetspot/statistics";
import { type MeasuredTime, measuredTime } from "./timing.ts";

/** The cost of leaving at each of a cascade's E exits. */
export interface ExitCosts {
  /** Total layers run, `[E]`. */
  exitLayers: readonly number[];
  /** The full model's depth. */
  layers: number;
  /** Milliseconds a text. */
  time: MeasuredTime;
}

/**
 * The cost of leaving at each exit.
 *
 * @param timingFile for errors
 * @throws RangeError as `measuredTime`
 */
export function exitCosts(
  predictions: Pick<Predictions, "members" | "layers" | "precision">,
  timing: Timing,
  timingFile: string,
): ExitCosts {
  const { members, layers } = predictions;
  return {
    exitLayers: cascadeExits(members).map((exit) => exit.layers),
    layers,
    time: measuredTime(timing, predictions, timingFile),
  };
}

/** An operating point in shares of its examples, with its cost. */
export function curvePoint(point: OperatingPoint, costs: ExitCosts): CurvePoint {
  const { threshold, exitCounts, correct } = point;
  const n = exitCounts.reduce((a, b) => a + b, 0);
  const cost = meanCost(exitCounts, costs);
  return {
    threshold,
    cost,
    ms: costs.time.atCost(cost),
    accuracy: correct / n,
    exitShares: exitCounts.map((count) => count / n),
  };
}

/** Budgets at which accuracy is read off the curve, in shares of the full model's cost. */
export const budgets: readonly number[] = [0.25, 0.5, 0.75];

/**
 * For each of the `budgets`, the curve's point of highest cost within it. A budget below the first
 * exit's cost has no entry.
 *
 * @param points of `speedAccuracyCurve`
 * @param level of the intervals, in `(0, 1)`
 */
export function atBudgets(
  points: readonly OperatingPoint[],
  costs: ExitCosts,
  level: number,
): BudgetResult[] {
  return budgets.flatMap((budget): BudgetResult[] => {
    const best = points.findLast((p) => meanCost(p.exitCounts, costs) <= budget);
    if (best === undefined) return [];
    const { correct } = best;
    const n = best.exitCounts.reduce((a, b) => a + b, 0);
    const interval = wilson(correct, n, level);
    return [{ budget, ...curvePoint(best, costs), correct, interval }];
  });
}
