import { commonCosts, type CostCurve, meanAccuracy } from "@sweetspot/eval";
import type { ReportedCell } from "../cell.ts";
import type { Group, MethodSummary } from "./summary.ts";

/** A method without a line in the figures, compared with the best of those that have one. */
export interface FurtherMethod {
  method: MethodSummary;
  /** By seed, ascending: the seeds that it shares with a method that is drawn. */
  seeds: {
    seed: number;
    /** Mean accuracy over the costs that all reach, less that of the best. */
    difference: number;
    /** The best's label. */
    best: string;
  }[];
}

/**
 * Compares each method that is not drawn with the best of those that are: by seed, on the same test
 * examples, as means over the costs that all of them reach.
 */
export function furtherMethods({ methods }: Group): FurtherMethod[] {
  const drawn = methods.filter((m) => m.drawn);
  return methods
    .filter((m) => !m.drawn)
    .map((method) => ({
      method,
      seeds: method.cells.flatMap((cell) => {
        const others = drawn.flatMap(({ label, cells }) =>
          cells
            .filter((c) => c.seed === cell.seed)
            .filter((c) => c.results.testSha256 === cell.results.testSha256)
            .map((c) => ({ label, curve: curveOf(c) })),
        );
        if (others.length === 0) return [];
        const costs = commonCosts([curveOf(cell), ...others.map((o) => o.curve)]);
        const [best] = others
          .map(({ label, curve }) => ({ label, accuracy: meanAccuracy(curve, costs) }))
          .sort((a, b) => b.accuracy - a.accuracy);
        const difference = meanAccuracy(curveOf(cell), costs) - (best?.accuracy ?? NaN);
        return [{ seed: cell.seed, difference, best: best?.label ?? "" }];
      }),
    }))
    .filter(({ seeds }) => seeds.length > 0);
}

function curveOf({ results }: ReportedCell): CostCurve {
  return {
    costs: results.curve.map((p) => p.cost),
    accuracies: results.curve.map((p) => p.accuracy),
  };
}
