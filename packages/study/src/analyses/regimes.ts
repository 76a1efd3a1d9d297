import type { StudyCell } from "../cell.ts";
import { commonLayers, exitDifference, sharedSeeds } from "../effects/effects.ts";
import {
  type Bootstrapping,
  bootstrapping,
  type Effect,
  estimateEffect,
} from "../effects/effect-estimate.ts";

/** The difference of one exit of a method from early-exit's under one regime, in percentage points. */
export interface RegimeRow extends Effect {
  regime: string;
  /** `sweet` or `multi-model`. */
  method: string;
  exitLayer: number;
  /** The exits' accuracy on their training set, averaged over tasks, in `[0, 1]`; null if not predicted. */
  fit: { method: number | null; earlyExit: number | null };
  /** How many tasks the mean is over. */
  tasks: number;
  /** The seeds present under every regime; an interval from one seed says nothing about others. */
  seeds: number[];
}

/**
 * Each exit of SWEET and of multi-model alone less early-exit's at the same layer, under each regime:
 * means over tasks without controls, for the seeds present under every regime. Intervals are not
 * corrected, because nothing is claimed.
 *
 * @param cells of one encoder, of chosen and other regimes; cells without a regime are left out
 * @throws RangeError as `sharedSeeds`
 */
export function regimesOf(
  cells: readonly StudyCell[],
  { controls = [], ...settings }: Partial<Bootstrapping> & { controls?: readonly string[] } = {},
): RegimeRow[] {
  const how = { ...bootstrapping, ...settings };
  const counted = cells.filter((c) => !controls.includes(c.task));
  const regimes = [...new Set(counted.flatMap((c) => c.regime ?? []))];
  const tasks = [...new Set(counted.map((c) => c.task))];
  return ["sweet", "multi-model"].flatMap((method) => {
    const pairs = regimes.flatMap((regime) =>
      tasks.flatMap((task) => {
        const here = counted.filter((c) => c.regime === regime && c.task === task);
        const shared = sharedSeeds(here, [method, "early-exit"]);
        return shared === undefined ? [] : [{ regime, task, shared }];
      }),
    );
    const seedsOf = ({ shared: [first = []] }: (typeof pairs)[number]) => first.map((c) => c.seed);
    const everywhere = (seed: number) => pairs.every((pair) => seedsOf(pair).includes(seed));
    return regimes.flatMap((regime) => {
      const had = pairs
        .filter((pair) => pair.regime === regime)
        .map(({ task, shared }) => {
          const [first = [], second = []] = shared.map((row) =>
            row.filter((c) => everywhere(c.seed)),
          );
          return { task, first, second };
        })
        .filter(({ first }) => first.length > 0);
      const layers = had[0] === undefined ? [] : commonLayers(had[0].first, had[0].second);
      return layers.map((exitLayer): RegimeRow => {
        const sampled = had.map(({ task, first, second }) => ({
          task,
          control: false,
          sample: exitDifference(first, second, [exitLayer]),
        }));
        return {
          regime,
          method,
          exitLayer,
          ...estimateEffect(sampled, how).interval(how.level),
          fit: {
            method: fitAt(
              had.flatMap((t) => t.first),
              exitLayer,
            ),
            earlyExit: fitAt(
              had.flatMap((t) => t.second),
              exitLayer,
            ),
          },
          tasks: had.length,
          seeds: [...new Set(had.flatMap((t) => t.first.map((c) => c.seed)))].sort((a, b) => a - b),
        };
      });
    });
  });
}

/** The mean accuracy on the training split of the exit at a layer. */
function fitAt(cells: readonly StudyCell[], layer: number): number | null {
  const fits = cells.flatMap(({ results }) => {
    const e = results.exits.findIndex((exit) => exit.exitLayer === layer);
    return results.training?.exits[e] ?? [];
  });
  return fits.length < cells.length || fits.length === 0
    ? null
    : fits.reduce((a, b) => a + b, 0) / fits.length;
}
