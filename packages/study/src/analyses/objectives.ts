import { holm, type TaskSample } from "@sweetspot/statistics";
import type { StudyCell } from "../cell.ts";
import { type MethodKind, mainMethods, methodStyles } from "@sweetspot/report/parts";
import { curveDifference, sharedSeeds } from "../effects/effects.ts";
import {
  type Bootstrapping,
  bootstrapping,
  decided,
  decisionOf,
  type Effect,
  estimateEffect,
  type TaskEffect,
} from "../effects/effect-estimate.ts";

/** A further method's curve against the best of the paper's three. Effects are in percentage points. */
export interface ObjectiveRow extends Effect {
  method: string;
  label: string;
  kind: MethodKind;
  /** The seeds that it shares with all three; an interval from one seed says nothing about others. */
  seeds: number[];
  /**
   * After Holm's correction over its kind: wins if the interval is above 0; loses if the curve is
   * below that of one of the three.
   */
  verdict: "wins" | "loses" | "undecided";
  /** Which tasks have nothing to compare, if any. */
  why?: string;
  /** The difference from the best on each task, averaged over the costs that all reach. */
  perTask: TaskEffect[];
  /** The difference from each of the three alone, not corrected. */
  against: (Effect & { method: string })[];
}

/**
 * Each further method's curve less the best of early-exit's, SWEET's and multi-model's with the same
 * seeds: the best on each task by the mean over the costs that all reach, then the mean over tasks
 * without controls. Candidates are corrected for together, and so are the literature's baselines.
 *
 * The best of three is partly luck, so that an equally good method is below 0; it loses only if it
 * loses to one of the three alone (`decisionOf`).
 *
 * @param cells as for `claimsOf`
 * @throws RangeError as `claimsOf`
 */
export function objectivesOf(
  cells: readonly StudyCell[],
  { controls = [], ...settings }: Partial<Bootstrapping> & { controls?: readonly string[] } = {},
): ObjectiveRow[] {
  const how = { ...bootstrapping, ...settings };
  const all = [...new Set(cells.map((c) => c.task))];
  const found = methodStyles(cells.map((c) => c.method))
    .filter(({ kind }) => kind !== "main")
    .flatMap((style) => {
      const tasks = withTheThree(style.method, cells, controls);
      if (!tasks.some(({ control }) => !control)) return [];
      const of = (sample: (first: StudyCell[], others: StudyCell[][]) => TaskSample) =>
        estimateEffect(
          tasks.map(({ task, control, first, others }) => ({
            task,
            control,
            sample: sample(first, others),
          })),
          how,
        );
      const best = of((first, others) => curveDifference(first, others));
      const alone = mainMethods.map((_, m) =>
        of((first, others) => curveDifference(first, others.slice(m, m + 1), "all", others.flat())),
      );
      const seeds = new Set(tasks.flatMap(({ first }) => first.map((c) => c.seed)));
      const missing = all.filter((task) => !tasks.some((t) => t.task === task));
      return [
        {
          style,
          best,
          alone,
          decision: decisionOf(best, alone),
          seeds: [...seeds].sort((a, b) => a - b),
          why: missing.length === 0 ? {} : { why: `not measured on ${missing.join(", ")}` },
        },
      ];
    });
  return found.map((row): ObjectiveRow => {
    const { method, label, kind } = row.style;
    const together = found.filter(({ style }) => style.kind === kind);
    const { levels } = holm(
      together.map(({ decision: { above, below } }) => Math.min(above, below)),
      1 - how.level,
    );
    const level = levels[together.indexOf(row)] ?? NaN;
    const { above, below } = row.decision;
    return {
      method,
      label,
      kind,
      ...row.best.interval(level),
      seeds: row.seeds,
      verdict: decided(above, level) ? "wins" : decided(below, level) ? "loses" : "undecided",
      ...row.why,
      perTask: row.best.perTask(),
      against: row.alone.map((one, m) => ({
        method: mainMethods[m] ?? "",
        ...one.interval(how.level),
      })),
    };
  });
}

/** The tasks on which a method shares a seed with all three. */
function withTheThree(
  method: string,
  cells: readonly StudyCell[],
  controls: readonly string[],
): { task: string; control: boolean; first: StudyCell[]; others: StudyCell[][] }[] {
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
