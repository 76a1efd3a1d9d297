import { meanAccuracy } from "@sweetspot/eval";
import {
  type Group,
  type MethodStyle,
  type PromiseRow,
  type ReportedCell,
  mean,
  methodStyles,
  promisesOf,
} from "@sweetspot/report/parts";
import type { StudyCell } from "./cell.ts";
import { type Calibration, calibrationOf } from "./analyses/calibration.ts";
import { type Claim, claimsOf } from "./claims.ts";
import { type Bootstrapping, bootstrapping } from "./effects/effect-estimate.ts";
import { type Gradients, gradientsOf } from "./analyses/gradients.ts";
import { type ObjectiveRow, objectivesOf } from "./analyses/objectives.ts";
import { type RegimeRow, regimesOf } from "./analyses/regimes.ts";
import { type RulesRow, rulesOf } from "./analyses/rules.ts";

/** Everything that a study computes over tasks. Means leave controls out unless stated otherwise. */
export interface Study {
  encoder: string;
  /** In the order of the cells, controls included. */
  tasks: string[];
  controls: string[];
  seeds: number[];
  bootstrap: Bootstrapping;
  claims: Claim[];
  objectives: ObjectiveRow[];
  /** The regime chosen for each method; empty in a pipeline without regimes. */
  chosen: { method: string; regime: string }[];
  regimes: RegimeRow[];
  /** Of the paper's three methods, if measured. */
  gradients: Gradients[];
  calibration: Calibration[];
  rules: RulesRow[];
  /** Over tasks and seeds, of the paper's three methods. */
  promises: PromiseRow[];
  styles: MethodStyle[];
  /** One for each task. */
  groups: Group[];
}

/**
 * Computes a study of one encoder.
 *
 * @param cells all cells, also of regimes that were not chosen
 * @param groups `summarise` of the cells of chosen regimes
 * @throws RangeError as `claimsOf`
 */
export function studyOf(
  cells: readonly StudyCell[],
  groups: readonly Group[],
  { controls = [], ...settings }: Partial<Bootstrapping> & { controls?: readonly string[] } = {},
): Study {
  const how = { ...bootstrapping, ...settings, controls };
  const chosen = cells.filter((c) => c.chosen !== false);
  const styles = methodStyles(chosen.map((c) => c.method));
  const main = styles.filter((s) => s.kind === "main").map((s) => s.method);
  // In the order of the methods, not of the cells.
  const counted = main.flatMap((method) =>
    chosen.filter((c) => c.method === method && !controls.includes(c.task)),
  );
  return {
    encoder: chosen[0]?.encoder ?? "",
    tasks: groups.map((g) => g.task),
    controls: [...controls],
    seeds: [...new Set(chosen.map((c) => c.seed))].sort((a, b) => a - b),
    bootstrap: { resamples: how.resamples, level: how.level, seed: how.seed },
    claims: claimsOf(chosen, how),
    objectives: objectivesOf(chosen, how),
    chosen: styles.flatMap(({ method }) => {
      const regime = chosen.find((c) => c.method === method)?.regime;
      return regime === undefined ? [] : [{ method, regime }];
    }),
    regimes: regimesOf(cells, how),
    gradients: gradientsOf(counted),
    calibration: calibrationOf(counted),
    rules: rulesOf(counted),
    promises: promisesOf(counted),
    styles,
    groups: [...groups],
  };
}

/** A caption's note on intervals from a single seed, which have no variance between seeds. */
export function ofOneSeed(rows: readonly { seeds: readonly number[] }[]): string {
  const single = rows.filter((r) => r.seeds.length === 1).length;
  if (single === 0) return "";
  return single === rows.length
    ? " (one seed: not about other seeds)"
    : " (some have one seed: those are not about other seeds)";
}

/** A task's name in figures and tables. */
export function taskLabel({ controls }: Pick<Study, "controls">, task: string): string {
  return controls.includes(task) ? `${task} (control)` : task;
}

/** Mean accuracy over cost of a cell's curve, from the first exit's to the full model's, in `[0, 1]`. */
export function areaOf({ results }: ReportedCell): number {
  const costs = results.curve.map((p) => p.cost);
  const [low, last] = [costs[0] ?? NaN, costs.at(-1) ?? NaN];
  const curve = { costs, accuracies: results.curve.map((p) => p.accuracy) };
  return meanAccuracy(curve, [low, Math.min(Math.max(low, 1), last)]);
}

/** `study.json`: a study's numbers, rounded to 4 decimals. Claims, objectives and regimes are in percentage points, everything else in shares. */
export interface StudyNumbers {
  format: "sweetspot-study-1";
  title: string;
  tasks: string[];
  seeds: number[];
  claims: Claim[];
  encoder: string;
  controls: string[];
  bootstrap: Bootstrapping;
  objectives: ObjectiveRow[];
  regimes: { chosen: Study["chosen"]; rows: RegimeRow[] };
  /** Over tasks. */
  conflict: Gradients[];
  calibration: Calibration[];
  rules: RulesRow[];
  promises: PromiseRow[];
  results: TaskNumbers[];
  /** The files of the figures over tasks, `figures/NAME.svg`. */
  figures: string[];
}

/** One task's numbers: means over seeds. */
export interface TaskNumbers {
  task: string;
  control: boolean;
  examples: number;
  majority: number;
  /** A bag of words' accuracy on the same test examples. */
  bagOfWords?: number;
  methods: {
    method: string;
    seeds: number[];
    exits: { layer: number; accuracy: number; low: number; high: number }[];
    /** Mean accuracy over cost, from the first exit's to the full model's. */
    area: number;
    /** Each exit's accuracy on the training split. */
    training?: number[];
    calibration: Calibration["exits"];
    promises: PromiseRow[];
  }[];
}

/** The numbers of `study.json`: no timings, so that they are the same on every machine. */
export function studyNumbers(
  title: string,
  study: Study,
  figures: readonly string[] = [],
): StudyNumbers {
  const numbers: StudyNumbers = {
    format: "sweetspot-study-1",
    title,
    tasks: study.tasks,
    seeds: study.seeds,
    claims: study.claims,
    encoder: study.encoder,
    controls: study.controls,
    bootstrap: study.bootstrap,
    objectives: study.objectives,
    regimes: { chosen: study.chosen, rows: study.regimes },
    conflict: study.gradients,
    calibration: study.calibration,
    rules: study.rules,
    promises: study.promises,
    results: study.groups.map((group) => taskNumbers(group, study.controls)),
    figures: [...figures],
  };
  return rounded(numbers) as StudyNumbers;
}

function taskNumbers(
  { task, examples, majority, methods }: Group,
  controls: readonly string[],
): TaskNumbers {
  const bagOfWords = methods.flatMap((m) => m.cells).find((c) => c.results.baseline !== undefined)
    ?.results.baseline?.accuracy;
  return {
    task,
    control: controls.includes(task),
    examples,
    majority: majority.share,
    ...(bagOfWords === undefined ? {} : { bagOfWords }),
    methods: methods.map(({ method, cells, exits }) => {
      const training = cells.flatMap((c) => (c.results.training ? [c.results.training.exits] : []));
      return {
        method,
        seeds: cells.map((c) => c.seed),
        exits: exits.map(({ exitLayer, accuracy, interval: [low, high] }) => ({
          layer: exitLayer,
          accuracy: accuracy.mean,
          low,
          high,
        })),
        area: mean(cells.map(areaOf)),
        ...(training.length === 0
          ? {}
          : { training: exits.map((_, e) => mean(training.flatMap((row) => row[e] ?? []))) }),
        calibration: calibrationOf(cells)[0]?.exits ?? [],
        promises: promisesOf(cells),
      };
    }),
  };
}

function rounded(value: unknown): unknown {
  if (typeof value === "number") return Math.round(1e4 * value) / 1e4;
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  // A threshold that is rounded promises nothing.
  const kept = Object.entries(value).filter(([key]) => key !== "threshold");
  return Object.fromEntries(kept.map(([key, v]) => [key, rounded(v)]));
}
