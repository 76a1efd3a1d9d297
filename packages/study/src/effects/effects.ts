import { commonCosts, halves } from "@sweetspot/eval";
import type { CostedOutcomes } from "@sweetspot/artifact";
import { meanDifference, type Interval, type TaskSample } from "@sweetspot/statistics";
import type { StudyCell } from "../cell.ts";
import { resampledMean } from "./resampled-mean.ts";

/** Which part of the costs that all curves reach. */
export type CostRange = "all" | "fast" | "slow";

/**
 * Cells of several methods on one task, `[M][S]`, for the seeds that all of them have, ascending;
 * undefined if there are none.
 *
 * @throws RangeError if cells of the task were tested on different examples
 */
export function sharedSeeds(
  cells: readonly StudyCell[],
  methods: readonly string[],
): StudyCell[][] | undefined {
  const rows = methods.map((method) =>
    cells.filter((c) => c.method === method).sort((a, b) => a.seed - b.seed),
  );
  const seeds = (rows[0] ?? [])
    .map((c) => c.seed)
    .filter((seed) => rows.every((row) => row.some((c) => c.seed === seed)));
  if (seeds.length === 0) return undefined;
  const shared = rows.map((row) => row.filter((c) => seeds.includes(c.seed)));
  const [first, ...rest] = shared.flat();
  const other = rest.find((c) => c.results.testSha256 !== first?.results.testSha256);
  if (other !== undefined) {
    throw new RangeError(
      `study: ${first?.input} and ${other.input} must be tested on the same examples to be paired, but they are not; leave one out`,
    );
  }
  return shared;
}

/**
 * On one task: the accuracy of each of the first's exits alone less the second's at the same layer,
 * averaged over the layers that both read.
 *
 * @param first one cell for each seed, `[S]`
 * @param second the same seeds
 * @throws RangeError if they have no layer in common
 */
export function exitDifference(
  first: readonly StudyCell[],
  second: readonly StudyCell[],
  layers: readonly number[] = commonLayers(first, second),
): TaskSample {
  if (layers.length === 0) {
    throw new RangeError(
      `study: ${first[0]?.input} and ${second[0]?.input} must have an exit at the same layer, got ${exitLayers(first)} and ${exitLayers(second)}`,
    );
  }
  return meanDifference(
    first.map((cell, s) => {
      const other = second[s];
      const difference = new Float64Array(cell.results.examples);
      for (const layer of layers) {
        const [a, b] = [rightAt(cell, layer), other && rightAt(other, layer)];
        for (let i = 0; i < difference.length; i++) {
          difference[i] =
            (difference[i] ?? 0) + ((a?.[i] ?? NaN) - (b?.[i] ?? NaN)) / layers.length;
        }
      }
      return difference;
    }),
  );
}

/** The layers that exits of both read, ascending. */
export function commonLayers(first: readonly StudyCell[], second: readonly StudyCell[]): number[] {
  return exitLayers(first).filter((layer) => exitLayers(second).includes(layer));
}

/**
 * On one task: the first's curve less the best of the others', averaged over seeds and a range of the
 * costs that all reach. The best of the others is found again on every resample, so that it is not
 * treated as known. The best of several is partly luck: if the first is as good as they are, the effect
 * is below 0.
 *
 * @param first one cell for each seed, `[S]`
 * @param others the cells of each method, `[M][S]`
 * @param within further cells whose curves limit the costs that all reach
 * @throws RangeError as `commonCosts`
 */
export function curveDifference(
  first: readonly StudyCell[],
  others: readonly (readonly StudyCell[])[],
  range: CostRange = "all",
  within: readonly StudyCell[] = [],
): TaskSample {
  const all = [...first, ...others.flat(), ...within].map((cell) => cell.outcomes);
  const common = commonCosts(all.map(ends));
  const costs: Interval = range === "all" ? common : halves(common)[range];
  const means = (cells: readonly StudyCell[]) => {
    const bySeed = cells.map((cell) => resampledMean(cell.outcomes, costs));
    return (seedCounts: ArrayLike<number>, exampleCounts: ArrayLike<number>) =>
      bySeed.reduce((sum, mean, s) => {
        const weight = seedCounts[s] ?? 0;
        return weight === 0 ? sum : sum + (weight * mean(exampleCounts)) / bySeed.length;
      }, 0);
  };
  const [one, rest] = [means(first), others.map(means)];
  return {
    seeds: first.length,
    examples: all[0]?.correct[0]?.length ?? 0,
    effect: (seedCounts, exampleCounts) =>
      one(seedCounts, exampleCounts) -
      Math.max(...rest.map((mean) => mean(seedCounts, exampleCounts))),
  };
}

/** Where a curve starts and ends, which does not depend on the draw of examples. */
function ends({ exitLayers: costs, layers }: CostedOutcomes): {
  costs: number[];
  accuracies: number[];
} {
  return {
    costs: [(costs[0] ?? NaN) / layers, (costs.at(-1) ?? NaN) / layers],
    accuracies: [NaN, NaN],
  };
}

function exitLayers([cell]: readonly StudyCell[]): number[] {
  return cell?.results.exits.map((e) => e.exitLayer) ?? [];
}

function rightAt({ results, right }: StudyCell, layer: number): ArrayLike<number> | undefined {
  return right.exits[results.exits.findIndex((e) => e.exitLayer === layer)];
}
