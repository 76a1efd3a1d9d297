import type { CellResults, CurvePoint } from "@sweetspot/artifact";
import type { ReportedCell } from "../cell.ts";
import type { Comparison } from "../summary/comparisons.ts";
import { findings } from "./findings.ts";
import type { ReportedGroup } from "./page.ts";
import type { BudgetSummary, ExitSummary, Group, GridSummary } from "../summary/summary.ts";

/** The report's `results.json`: every number on the page, and each cell's own. */
export interface ReportResults {
  format: "sweetspot-report-1";
  title: string;
  groups: (Omit<Group, "methods"> & {
    methods: {
      method: string;
      label: string;
      seeds: number[];
      exits: ExitSummary[];
      atBudget: BudgetSummary[];
      grid: GridSummary[];
    }[];
    comparisons: Comparison[];
    findings: string[];
    cells: (Pick<ReportedCell, "input" | "method" | "seed" | "regime"> &
      Pick<CellResults, "testSha256" | "exits" | "grid" | "atBudget" | "timing"> & {
        curve: CurveColumns;
      })[];
  })[];
}

/**
 * A cell's exact curve by column, because it may have a point for each example and exit. Thresholds are
 * not rounded; the rest is, to six decimals. How many examples leave at each exit is in the cell's own
 * `results.json`.
 */
export interface CurveColumns {
  threshold: number[];
  cost: number[];
  /** Milliseconds a text, in calls of 1 and 32 texts. */
  ms1: number[];
  ms32: number[];
  accuracy: number[];
}

/** Collects the numbers of a report. */
export function reportResults(title: string, reported: readonly ReportedGroup[]): ReportResults {
  return {
    format: "sweetspot-report-1",
    title,
    groups: reported.map(({ group, drawn, comparisons }) => ({
      task: group.task,
      encoder: group.encoder,
      labels: group.labels,
      layers: group.layers,
      examples: group.examples,
      confidence: group.confidence,
      metric: group.metric,
      majority: group.majority,
      machines: group.machines,
      methods: group.methods.map(({ method, label, cells, exits, atBudget, grid }) => ({
        method,
        label,
        seeds: cells.map((c) => c.seed),
        exits,
        atBudget,
        grid,
      })),
      comparisons,
      findings: findings(drawn, comparisons),
      cells: group.methods.flatMap(({ cells }) =>
        cells.map(({ input, method, seed, regime, results }) => ({
          input,
          method,
          seed,
          ...(regime === undefined ? {} : { regime }),
          testSha256: results.testSha256,
          exits: results.exits,
          curve: columns(results.curve),
          grid: results.grid,
          atBudget: results.atBudget,
          timing: results.timing,
        })),
      ),
    })),
  };
}

function columns(curve: readonly CurvePoint[]): CurveColumns {
  const rounded = (of: (point: CurvePoint) => number) =>
    curve.map((point) => Math.round(1e6 * of(point)) / 1e6);
  return {
    threshold: curve.map((point) => point.threshold),
    cost: rounded((point) => point.cost),
    ms1: rounded((point) => point.ms["1"]),
    ms32: rounded((point) => point.ms["32"]),
    accuracy: rounded((point) => point.accuracy),
  };
}
