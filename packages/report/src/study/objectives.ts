import { holm, type TaskSample } from "@sweetspot/eval";
import type { Cell } from "../cell.ts";
import { type MethodKind, mainMethods, methodStyles } from "../methods.ts";
import { curveDifference, sharedSeeds } from "./effects.ts";
import {
  type Bootstrapping,
  bootstrapping,
  type Effect,
  estimate,
  type TaskEffect,
} from "./estimate.ts";

/** A further method's curve against the best of the paper's three. Effects are in percentage points. */
export interface ObjectiveRow extends Effect {
  method: string;
  label: string;
  kind: MethodKind;
  /** Wins if the interval, after Holm's correction over its kind, lies above 0. */
  verdict: "wins" | "loses" | "undecided";
  /** Less the best on each task, mean over the costs that all reach. */
  perTask: TaskEffect[];
  /** Less each of the three alone, not corrected. */
  against: (Effect & { method: string })[];
}

/**
 * Each further method's curve less the best of early-exit's, SWEET's and multi-model's with the same
 * seeds: the best on each task, on the mean over the costs that all reach; then the mean over tasks,
 * controls left out. Candidates are corrected for together, as are those that the field compares with.
 *
 * Which is the best is asked on each resample, so that a method as good as the three comes out a
 * little below 0; `against` holds it against each of them alone.
 *
 * @param cells as of `claimsOf`
 * @throws RangeError as `claimsOf`
 */
export function objectivesOf(
  cells: readonly Cell[],
  { controls = [], ...settings }: Partial<Bootstrapping> & { controls?: readonly string[] } = {},
): ObjectiveRow[] {
  const how = { ...bootstrapping, ...settings };
  const found = methodStyles(cells.map((c) => c.method))
    .filter(({ kind }) => kind !== "main")
    .flatMap((style) => {
      const tasks = withTheThree(style.method, cells, controls);
      if (!tasks.some(({ control }) => !control)) return [];
      const of = (sample: (first: Cell[], others: Cell[][]) => TaskSample) =>
        estimate(
          tasks.map(({ task, control, first, others }) => ({
            task,
            control,
            sample: sample(first, others),
          })),
          how,
        );
      const against = mainMethods.map((method, m) => {
        const one = of((first, others) =>
          curveDifference(first, others.slice(m, m + 1), "all", others.flat()),
        );
        return { method, ...one.interval(how.level) };
      });
      return [{ style, best: of((first, others) => curveDifference(first, others)), against }];
    });
  return found.map(({ style: { method, label, kind }, best, against }) => {
    const together = found.filter(({ style }) => style.kind === kind).map((f) => f.best);
    const { levels } = holm(
      together.map((e) => e.p),
      1 - how.level,
    );
    const effect = best.interval(levels[together.indexOf(best)] ?? NaN);
    const verdict = effect.low > 0 ? "wins" : effect.high < 0 ? "loses" : "undecided";
    return { method, label, kind, ...effect, verdict, perTask: best.perTask(), against };
  });
}

/** The tasks on which a method has a seed in common with all three. */
function withTheThree(
  method: string,
  cells: readonly Cell[],
  controls: readonly string[],
): { task: string; control: boolean; first: Cell[]; others: Cell[][] }[] {
  return [...new Set(cells.map((c) => c.task))].flatMap((task) => {
    const shared = sharedSeeds(
      cells.filter((c) => c.task === task),
      [method, ...mainMethods],
    );
    if (shared === undefined) return [];
    const [first = [], ...others] = shared;
    return [{ task, control: controls.includes(task), first, others }];
  });
}
