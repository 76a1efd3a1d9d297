import type { Cell, CellResults, Machine } from "./cell.ts";
import type { Comparison } from "./comparisons.ts";
import { findings } from "./findings.ts";
import type { ReportedGroup } from "./page.ts";
import type { BudgetSummary, ExitSummary, GridSummary } from "./summary.ts";

/** The report's `results.json`: every number on the page, and each cell's own. */
export interface ReportResults {
  format: "sweetspot-report-1";
  title: string;
  groups: {
    task: string;
    encoder: string;
    labels: string[];
    layers: number;
    examples: number;
    confidence: number;
    majority: { label: string; share: number };
    machines: Machine[];
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
    cells: (Pick<Cell, "input" | "method" | "seed"> &
      Pick<CellResults, "testSha256" | "exits" | "curve" | "grid" | "atBudget" | "timing">)[];
  }[];
}

/** Gathers the numbers of a report. */
export function reportResults(title: string, reported: readonly ReportedGroup[]): ReportResults {
  return {
    format: "sweetspot-report-1",
    title,
    groups: reported.map(({ group, comparisons }) => ({
      task: group.task,
      encoder: group.encoder,
      labels: group.labels,
      layers: group.layers,
      examples: group.examples,
      confidence: group.confidence,
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
      findings: findings(group, comparisons),
      cells: group.methods.flatMap(({ cells }) =>
        cells.map(({ input, method, seed, results }) => ({
          input,
          method,
          seed,
          testSha256: results.testSha256,
          exits: results.exits,
          curve: results.curve,
          grid: results.grid,
          atBudget: results.atBudget,
          timing: results.timing,
        })),
      ),
    })),
  };
}
