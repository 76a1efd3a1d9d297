import type { Machine, MetricsResult, Milliseconds } from "@sweetspot/artifact";
import type { Interval } from "@sweetspot/statistics";
import type { ReportedCell } from "../cell.ts";
import { type MethodStyle, methodStyles } from "./methods.ts";

/** A number over seeds; with one seed all three are the same. */
export interface Spread {
  mean: number;
  min: number;
  max: number;
}

/** A metric over seeds. */
export interface ScoreSummary {
  value: Spread;
  /** The mean of the seeds' intervals. */
  interval: Interval;
}

/** An exit's classifier alone on every example. */
export interface ExitSummary {
  exitLayer: number;
  /** Layers that the classifier alone runs, divided by the full model's; a multi-model member runs no other member. */
  cost: number;
  /** Layers run if the cascade leaves here, divided by the full model's. */
  cascadeCost: number;
  n: number;
  accuracy: Spread;
  /** The mean of the seeds' intervals, each about one model on other test examples. */
  interval: Interval;
  /** That the classifier alone needs. */
  ms: TimeSummary;
  /** By metric. */
  scores: Record<string, ScoreSummary>;
}

/** Milliseconds a text, in calls of 1, 8 and 32 texts. */
type TimeSummary = Record<keyof Milliseconds, Spread>;

export interface BudgetSummary {
  budget: number;
  cost: Spread;
  accuracy: Spread;
  interval: Interval;
  /** One for each seed. */
  thresholds: number[];
  ms: TimeSummary;
  scores: Record<string, ScoreSummary>;
}

export interface GridSummary {
  threshold: number;
  cost: Spread;
  accuracy: Spread;
  ms: TimeSummary;
  exitShares: Spread[];
}

export interface MethodSummary extends MethodStyle {
  /** By seed, ascending. */
  cells: ReportedCell[];
  exits: ExitSummary[];
  atBudget: BudgetSummary[];
  grid: GridSummary[];
}

/** A group of cells to compare: those of one task and one encoder. */
export interface Group {
  task: string;
  encoder: string;
  labels: string[];
  layers: number;
  examples: number;
  confidence: number;
  /** The name of the metric that the task is judged by. */
  metric: string;
  majority: { label: string; share: number };
  methods: MethodSummary[];
  machines: Machine[];
}

/** Mean and range. */
export function spread(values: readonly number[]): Spread {
  return {
    mean: values.reduce((a, b) => a + b, 0) / values.length,
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

/**
 * Groups cells by task and encoder, in the order given; each group has its methods and their means over
 * seeds.
 *
 * @throws RangeError if a cell is given twice, or cells of a group differ in labels, depth, test size,
 *   level or metric, or cells of one method in exits or thresholds
 */
export function summarise(cells: readonly ReportedCell[]): Group[] {
  const groups = new Map<string, ReportedCell[]>();
  for (const cell of cells) {
    const key = JSON.stringify([cell.task, cell.encoder]);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].map(summariseGroup);
}

function summariseGroup(cells: ReportedCell[]): Group {
  const [first] = cells;
  if (first === undefined) throw new RangeError("report: expected at least one cell, got none");
  const { task, encoder, results } = first;
  same(cells, "labels, depth, test size, level and metric", ({ results: r }) => [
    r.labels,
    r.layers,
    r.examples,
    r.confidence,
    r.metric,
  ]);
  return {
    task,
    encoder,
    labels: results.labels,
    layers: results.layers,
    examples: results.examples,
    confidence: results.confidence,
    metric: results.metric,
    majority: {
      label: results.majority.label,
      share: spread(cells.map((c) => c.results.majority.share)).mean,
    },
    methods: methodStyles(cells.map((c) => c.method)).map((style) =>
      summariseMethod(
        style,
        cells.filter((c) => c.method === style.method).sort((a, b) => a.seed - b.seed),
      ),
    ),
    machines: distinctMachines(cells),
  };
}

function summariseMethod(style: MethodStyle, cells: ReportedCell[]): MethodSummary {
  cells.forEach((cell, i) => {
    const before = cells[i - 1];
    if (before !== undefined && before.seed === cell.seed) {
      throw new RangeError(
        `report: ${before.input} and ${cell.input} are both ${cell.task}, ${cell.encoder}, ${cell.method}, seed ${cell.seed}; name each cell once`,
      );
    }
  });
  same(cells, "exits and thresholds", ({ results: r }) => [
    r.exits.map((e) => [e.exitLayer, e.layers]),
    r.grid.map((p) => p.threshold),
    r.atBudget.map((b) => b.budget),
  ]);
  const [first] = cells;
  const all = cells.map((c) => c.results);
  const over = (value: (results: ReportedCell["results"]) => number | undefined): Spread =>
    spread(all.map((r) => value(r) ?? NaN));
  const ms = (
    value: (results: ReportedCell["results"]) => Milliseconds | undefined,
  ): TimeSummary => ({
    "1": over((r) => value(r)?.["1"]),
    "8": over((r) => value(r)?.["8"]),
    "32": over((r) => value(r)?.["32"]),
  });
  const interval = (
    value: (results: ReportedCell["results"]) => Interval | undefined,
  ): Interval => [over((r) => value(r)?.[0]).mean, over((r) => value(r)?.[1]).mean];
  return {
    ...style,
    cells,
    exits: (first?.results.exits ?? []).map(({ exitLayer, layers, n }, e) => ({
      exitLayer,
      cost: exitLayer / (first?.results.layers ?? NaN),
      cascadeCost: layers / (first?.results.layers ?? NaN),
      n,
      accuracy: over((r) => r.exits[e]?.accuracy),
      interval: interval((r) => r.exits[e]?.interval),
      ms: ms((r) => r.exits[e]?.ms),
      scores: scoresOver(all.flatMap((r) => r.exits[e]?.metrics ?? [])),
    })),
    atBudget: (first?.results.atBudget ?? []).map(({ budget }, b) => ({
      budget,
      cost: over((r) => r.atBudget[b]?.cost),
      accuracy: over((r) => r.atBudget[b]?.accuracy),
      interval: interval((r) => r.atBudget[b]?.interval),
      thresholds: all.map((r) => r.atBudget[b]?.threshold ?? NaN),
      ms: ms((r) => r.atBudget[b]?.ms),
      scores: scoresOver(all.flatMap((r) => r.atBudget[b]?.metrics ?? [])),
    })),
    grid: (first?.results.grid ?? []).map(({ threshold, exitShares }, g) => ({
      threshold,
      cost: over((r) => r.grid[g]?.cost),
      accuracy: over((r) => r.grid[g]?.accuracy),
      ms: ms((r) => r.grid[g]?.ms),
      exitShares: exitShares.map((_, e) => over((r) => r.grid[g]?.exitShares[e])),
    })),
  };
}

/** Every metric over seeds. */
function scoresOver(seeds: readonly MetricsResult[]): Record<string, ScoreSummary> {
  const names = Object.keys(seeds[0]?.scores ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const of = seeds.flatMap(({ scores }) => scores[name] ?? []);
      const end = (i: 0 | 1) => spread(of.map(({ interval }) => interval[i])).mean;
      return [name, { value: spread(of.map(({ value }) => value)), interval: [end(0), end(1)] }];
    }),
  );
}

function same(
  cells: readonly ReportedCell[],
  what: string,
  of: (cell: ReportedCell) => unknown,
): void {
  const [first, ...rest] = cells;
  for (const cell of rest) {
    if (first === undefined || JSON.stringify(of(cell)) === JSON.stringify(of(first))) continue;
    throw new RangeError(
      `report: ${first.input} and ${cell.input} must agree in ${what}, got ${JSON.stringify(of(first))} and ${JSON.stringify(of(cell))}; they are not comparable`,
    );
  }
}

function distinctMachines(cells: readonly ReportedCell[]): Machine[] {
  const machines = cells.map((c) => c.results.timing.machine);
  const texts = machines.map((m) => JSON.stringify(m));
  return machines.filter((_, i) => texts.indexOf(texts[i] ?? "") === i);
}
