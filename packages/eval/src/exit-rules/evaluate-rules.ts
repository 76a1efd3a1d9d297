import { atBudgets, curvePoint, type ExitCosts } from "../curves/curve-point.ts";
import { meanCost } from "../curves/exit-cost.ts";
import type { LabelledLogits } from "./exit-logits.ts";
import { type ExitRuleName, exitRules } from "./exit-rules.ts";
import { oracle } from "./oracle.ts";
import type { CellResults, RuleResult } from "@sweetspot/artifact";
import { type OperatingPoint, speedAccuracyCurve } from "../curves/speed-accuracy.ts";
import { costCurve, meanAccuracy } from "../curves/area-between.ts";

/** How many points of a rule's curve are kept at most. */
const mostPoints = 101;

/**
 * Evaluates exit rules on the same logits.
 *
 * @param test with `correct`, 1 where a prediction is right, `[E][N]`
 * @param calibration what a learned rule is fitted on
 * @param level of the intervals, in `(0, 1)`
 */
export function evaluateRules(
  rules: readonly ExitRuleName[],
  test: LabelledLogits & { correct: readonly ArrayLike<number>[] },
  calibration: LabelledLogits,
  costs: ExitCosts,
  level: number,
): RuleResult[] {
  return rules.map((rule) => {
    const confidences = exitRules[rule](test, calibration);
    const points = speedAccuracyCurve({ confidences, correct: test.correct });
    return {
      rule,
      atBudget: atBudgets(points, costs, level),
      area: areaToFullModel(points, costs),
      curve: thinned(points, costs).map((point) => curvePoint(point, costs)),
    };
  });
}

/** The bound of every rule: cost and accuracy of leaving at the first right exit. */
export function evaluateOracle(
  correct: readonly ArrayLike<number>[],
  costs: ExitCosts,
): NonNullable<CellResults["oracle"]> {
  const { exitCounts, correct: right } = oracle(correct);
  return { cost: meanCost(exitCounts, costs), accuracy: right / (correct[0]?.length ?? NaN) };
}

/**
 * Mean accuracy of an exact curve over cost, from the first exit's to the full model's, or to the
 * last exit's if that is cheaper. Costs beyond the full model's, from restarts, are left out, so that
 * cascades with the same first exit are compared on the same costs.
 */
export function areaToFullModel(points: readonly OperatingPoint[], costs: ExitCosts): number {
  const curve = costCurve(points, costs);
  const [first, last] = [curve.costs[0] ?? NaN, curve.costs[curve.costs.length - 1] ?? NaN];
  return meanAccuracy(curve, [first, Math.min(1, last)]);
}

/** The points nearest to evenly spaced costs, the first and the last included. */
function thinned(points: readonly OperatingPoint[], costs: ExitCosts): OperatingPoint[] {
  if (points.length <= mostPoints) return [...points];
  const at = points.map(({ exitCounts }) => meanCost(exitCounts, costs));
  const first = at[0] ?? NaN;
  const step = ((at.at(-1) ?? NaN) - first) / (mostPoints - 1);
  const kept = new Set<number>();
  let nearest = 0;
  for (let k = 0; k < mostPoints; k++) {
    const cost = first + k * step;
    const distance = (i: number) => Math.abs((at[i] ?? Infinity) - cost);
    while (distance(nearest + 1) <= distance(nearest)) nearest++;
    kept.add(nearest);
  }
  return points.filter((_, i) => kept.has(i));
}
