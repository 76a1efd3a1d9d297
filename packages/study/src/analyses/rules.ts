import { type CostCurve, meanAccuracy } from "@sweetspot/eval";
import type { StudyCell } from "../cell.ts";
import { mean } from "@sweetspot/report/parts";

/** A method's exit rules: mean accuracy over cost, from the first exit's to the last exit's or the full model's, whichever is less. */
export interface RulesRow {
  method: string;
  /** The mean over cells, in `[0, 1]`. */
  rules: { rule: string; area: number }[];
  /** The highest that any rule could reach at the same cost. */
  oracle: number;
}

/** Each method's rules and their bound, averaged over cells; methods without rules are left out. */
export function rulesOf(cells: readonly StudyCell[]): RulesRow[] {
  return [...new Set(cells.map((c) => c.method))].flatMap((method) => {
    const own = cells.filter((c) => c.method === method && c.results.rules !== undefined);
    if (own.length === 0) return [];
    const names = [...new Set(own.flatMap((c) => (c.results.rules ?? []).map((r) => r.rule)))];
    return [
      {
        method,
        rules: names.map((rule) => ({
          rule,
          area: mean(own.flatMap((c) => c.results.rules?.find((r) => r.rule === rule)?.area ?? [])),
        })),
        oracle: mean(own.flatMap(oracleArea)),
      },
    ];
  });
}

function oracleArea({ outcomes }: StudyCell): number[] {
  const { costs, accuracies } = oracleCurve(outcomes);
  const last = (outcomes.exitLayers.at(-1) ?? NaN) / outcomes.layers;
  const low = costs[0] ?? NaN;
  const high = Math.max(low, Math.min(1, last));
  // Beyond its end there is nothing left to gain.
  const flat = {
    costs: [...costs, Math.max(costs.at(-1) ?? NaN, high)],
    accuracies: [...accuracies, accuracies.at(-1) ?? NaN],
  };
  return [meanAccuracy(flat, [low, high])];
}

/**
 * The highest accuracy that any exit rule can reach at each mean cost: starting with all leaving at the
 * first exit, examples that it gets wrong continue to the first exit that is right, the cheapest first.
 * The curve ends at the oracle's point.
 */
function oracleCurve({
  correct,
  exitLayers,
  layers,
}: Pick<StudyCell["outcomes"], "correct" | "exitLayers" | "layers">): {
  costs: number[];
  accuracies: number[];
} & CostCurve {
  const n = correct[0]?.length ?? 0;
  const firstRight = correct.map(() => 0);
  for (let i = 0; i < n; i++) {
    const exit = correct.findIndex((row) => row[i] === 1);
    if (exit >= 0) firstRight[exit] = (firstRight[exit] ?? 0) + 1;
  }
  const first = exitLayers[0] ?? NaN;
  let [cost, right] = [first / layers, 0];
  const points = firstRight.map((count, e) => {
    cost += (count * ((exitLayers[e] ?? NaN) - first)) / (n * layers);
    right += count;
    return { cost, accuracy: right / n };
  });
  return { costs: points.map((p) => p.cost), accuracies: points.map((p) => p.accuracy) };
}
