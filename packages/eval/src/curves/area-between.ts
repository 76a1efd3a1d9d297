import type { CostedOutcomes } from "@sweetspot/artifact";
import type { Interval, TaskSample } from "@sweetspot/statistics";
import { meanCost } from "./exit-cost.ts";
import { type OperatingPoint, movesOf } from "./speed-accuracy.ts";

/**
 * A speed-accuracy curve over cost. It is linear between neighbouring points, which a random choice
 * between their two thresholds achieves. It is neither smoothed nor made monotonic: a cascade may get
 * worse as it spends more.
 */
export interface CostCurve {
  /** Mean layers run divided by the full model's, ascending; above 1 if restarts cost more than the full model. */
  costs: ArrayLike<number>;
  /** The accuracy at each cost, in `[0, 1]`. */
  accuracies: ArrayLike<number>;
}

/** The points of `speedAccuracyCurve` over cost. */
export function costCurve(
  points: readonly OperatingPoint[],
  costs: Pick<CostedOutcomes, "exitLayers" | "layers">,
): CostCurve {
  return {
    costs: points.map(({ exitCounts }) => meanCost(exitCounts, costs)),
    accuracies: points.map(
      ({ exitCounts, correct }) => correct / exitCounts.reduce((a, b) => a + b, 0),
    ),
  };
}

/**
 * The mean accuracy of a curve over an interval of costs, with equal weight for all costs: its area
 * over the interval divided by the interval's length, or its height if the interval is one cost.
 *
 * @throws RangeError if part of the interval is outside the curve; curves are not extrapolated
 */
export function meanAccuracy({ costs, accuracies }: CostCurve, [low, high]: Interval): number {
  const first = costs[0] ?? NaN;
  const last = costs[costs.length - 1] ?? NaN;
  if (!(low >= first && high <= last && low <= high)) {
    throw new RangeError(
      `meanAccuracy: the interval must rise and be within the curve's costs, ${first} to ${last}, got ${low} to ${high}; take commonCosts of the curves`,
    );
  }
  const at = (x: number, i: number) => {
    const [x0, x1] = [costs[i] ?? NaN, costs[i + 1] ?? NaN];
    const [y0, y1] = [accuracies[i] ?? NaN, accuracies[i + 1] ?? NaN];
    return x === x0 ? y0 : y0 + ((y1 - y0) / (x1 - x0)) * (x - x0);
  };
  let i = 0;
  while ((costs[i + 1] ?? Infinity) < low) i++;
  if (low === high) return at(low, i);
  let area = 0;
  let [x, y] = [low, at(low, i)];
  for (; x < high; i++) {
    const end = Math.min(costs[i + 1] ?? NaN, high);
    const height = end === high ? at(high, i) : (accuracies[i + 1] ?? NaN);
    area += ((y + height) / 2) * (end - x);
    [x, y] = [end, height];
  }
  // Rounding can push the mean of all-1 accuracies just above 1.
  return Math.min(1, Math.max(0, area / (high - low)));
}

/**
 * How far the first curve is above the second at the same cost: the mean difference in accuracy over
 * an interval of costs, in `[-1, 1]`.
 *
 * @throws RangeError as `meanAccuracy`
 */
export function areaBetween(first: CostCurve, second: CostCurve, costs: Interval): number {
  return meanAccuracy(first, costs) - meanAccuracy(second, costs);
}

/**
 * The costs that all the curves cover: from the most expensive start to the cheapest end.
 *
 * @throws RangeError if there are none
 */
export function commonCosts(curves: readonly CostCurve[]): Interval {
  const low = Math.max(...curves.map(({ costs }) => costs[0] ?? NaN));
  const high = Math.min(...curves.map(({ costs }) => costs[costs.length - 1] ?? NaN));
  if (!(Number.isFinite(low) && low <= high)) {
    throw new RangeError(
      `commonCosts: the curves must overlap in cost, got ${curves.map(({ costs }) => `${costs[0]} to ${costs[costs.length - 1]}`).join(", ") || "none"}`,
    );
  }
  return [low, high];
}

/** The cheaper and the more expensive half of an interval of costs. */
export function halves([low, high]: Interval): { fast: Interval; slow: Interval } {
  const middle = (low + high) / 2;
  return { fast: [low, middle], slow: [middle, high] };
}

/**
 * A task whose effect is the area between two methods' curves over an interval of costs, averaged over
 * seeds. Each resample uses the exact curve of the examples drawn; where a curve starts and ends does
 * not depend on the draw. O(S N E) per resample; sorting is done once.
 *
 * @param first one cascade for each seed, `[S]`
 * @param second the same seeds, on the same examples
 * @throws RangeError if the methods differ in seeds, or any cascades in examples
 */
export function areaDifference(
  first: readonly CostedOutcomes[],
  second: readonly CostedOutcomes[],
  costs: Interval,
): TaskSample {
  const all = [...first, ...second];
  const examples = all[0]?.correct[0]?.length ?? 0;
  if (
    first.length !== second.length ||
    all.some((cascade) => cascade.correct[0]?.length !== examples)
  ) {
    throw new RangeError(
      `areaDifference: both methods must have the same seeds and examples, got ${first.length} and ${second.length} seeds of ${all.map((cascade) => cascade.correct[0]?.length ?? 0).join(", ")} examples`,
    );
  }
  const pairs = first.map((cascade, s) => [
    resampledCurve(cascade),
    resampledCurve(second[s] ?? cascade),
  ]);
  return {
    seeds: first.length,
    examples,
    effect: (seedCounts, exampleCounts) => {
      let sum = 0;
      pairs.forEach(([a, b], s) => {
        const weight = seedCounts[s] ?? 0;
        if (weight === 0 || a === undefined || b === undefined) return;
        sum += weight * areaBetween(a(exampleCounts), b(exampleCounts), costs);
      });
      return sum / pairs.length;
    },
  };
}

/**
 * Returns a function from how often each example is drawn, `[N]`, to the exact curve of that sample.
 *
 * @throws RangeError as `speedAccuracyCurve`
 */
export function resampledCurve(
  cascade: CostedOutcomes,
): (exampleCounts: ArrayLike<number>) => CostCurve {
  const { correct, exitLayers, layers } = cascade;
  const moves = movesOf(cascade);
  const examples = Uint32Array.from(moves, ({ example }) => example);
  const extraLayers = Float64Array.from(
    moves,
    ({ from, to }) => (exitLayers[to] ?? NaN) - (exitLayers[from] ?? NaN),
  );
  const extraRight = Float64Array.from(
    moves,
    ({ example, from, to }) => (correct[to]?.[example] ?? NaN) - (correct[from]?.[example] ?? NaN),
  );
  // Moves at one threshold happen together.
  const isLast = Uint8Array.from(moves, ({ threshold }, k) =>
    Number(moves[k + 1]?.threshold !== threshold),
  );
  const size = 1 + isLast.reduce((a, b) => a + b, 0);
  return (exampleCounts) => {
    let n = 0;
    let right = 0;
    for (let i = 0; i < exampleCounts.length; i++) {
      const count = exampleCounts[i] ?? 0;
      n += count;
      right += count * (correct[0]?.[i] ?? NaN);
    }
    let run = n * (exitLayers[0] ?? NaN);
    const costs = new Float64Array(size);
    const accuracies = new Float64Array(size);
    let at = 0;
    costs[at] = run / (n * layers);
    accuracies[at++] = right / n;
    for (let k = 0; k < examples.length; k++) {
      const count = exampleCounts[examples[k] ?? 0] ?? 0;
      run += count * (extraLayers[k] ?? NaN);
      right += count * (extraRight[k] ?? NaN);
      if (isLast[k] === 0) continue;
      costs[at] = run / (n * layers);
      accuracies[at++] = right / n;
    }
    return { costs, accuracies };
  };
}
