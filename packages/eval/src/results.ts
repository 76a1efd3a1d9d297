import { z } from "zod";
import { type Method, methodSchema } from "./predictions.ts";
import { type Machine, machineSchema, type TimedBatch, timedBatchSchema } from "./timing.ts";
import type { Interval } from "./statistics/wilson.ts";

/** Milliseconds per example at batch 1 and 32. */
export interface Milliseconds {
  "1": number;
  "32": number;
}

/** One exit evaluated alone on every example: an individual classifier. */
export interface ExitResult {
  /** The layer it reads, from 1. */
  exitLayer: number;
  /** Layers run when an example leaves here; multi-model's restarts are counted. */
  layers: number;
  accuracy: number;
  correct: number;
  n: number;
  /** Wilson's, of the level in `CellResults.confidence`. */
  interval: Interval;
  /** Cumulative: leaving here. */
  ms: Milliseconds;
}

/** How the cascade does at one threshold. */
export interface CurvePoint {
  threshold: number;
  /** Mean layers run over the full model's; over 1 where multi-model's restarts cost more than it. */
  cost: number;
  ms: Milliseconds;
  accuracy: number;
  /** By exit; they sum to 1. */
  exitShares: number[];
}

/** The most that a budget buys: the curve's point of the highest cost within it. */
export interface BudgetResult extends CurvePoint {
  /** Cost that may not be exceeded, as a share of the full model. */
  budget: number;
  correct: number;
  interval: Interval;
}

/** `results.json`: everything that is computed from one cascade's test logits and timings. */
export interface CellResults {
  format: "sweetspot-results-1";
  method: Method;
  /** In the order of the logits. */
  labels: string[];
  /** The full model's depth. */
  layers: number;
  /** In the test split. */
  examples: number;
  /** Identifies the test split: two cells are paired example by example only where it agrees. */
  testSha256: string;
  /** The level of every interval. */
  confidence: number;
  /** What each exit's logits were divided by; absent where by nothing. */
  temperatures?: number[] | undefined;
  /** The test split's most frequent label: what always answering it scores. */
  majority: { label: string; share: number };
  exits: ExitResult[];
  /** Exact: a point for each set of decisions, cost rising. */
  curve: CurvePoint[];
  /** At the thresholds asked for. */
  grid: CurvePoint[];
  /** By budget; absent where even the first exit costs more. */
  atBudget: BudgetResult[];
  timing: { machine: Machine; batches: TimedBatch[] };
}

const share = z.number().min(0).max(1);
const milliseconds: z.ZodType<Milliseconds> = z.strictObject({
  "1": z.number().nonnegative(),
  "32": z.number().nonnegative(),
});
const count = z.int().nonnegative();
const interval = z.tuple([share, share]);
const point = {
  threshold: z.number().nonnegative(),
  cost: z.number().positive(),
  ms: milliseconds,
  accuracy: share,
  exitShares: z.array(share).min(1),
};

/** What `results.json` must be. */
export const cellResultsSchema: z.ZodType<CellResults> = z.strictObject({
  format: z.literal("sweetspot-results-1"),
  method: methodSchema,
  labels: z.array(z.string()).min(2),
  layers: z.int().positive(),
  examples: z.int().positive(),
  testSha256: z.string(),
  confidence: z.number().gt(0).lt(1),
  temperatures: z.array(z.number().positive()).optional(),
  majority: z.strictObject({ label: z.string(), share }),
  exits: z
    .array(
      z.strictObject({
        exitLayer: z.int().positive(),
        layers: z.int().positive(),
        accuracy: share,
        correct: count,
        n: z.int().positive(),
        interval,
        ms: milliseconds,
      }),
    )
    .min(1),
  curve: z.array(z.strictObject(point)).min(1),
  grid: z.array(z.strictObject(point)).min(1),
  atBudget: z.array(
    z.strictObject({ ...point, budget: z.number().positive(), correct: count, interval }),
  ),
  timing: z.strictObject({ machine: machineSchema, batches: z.array(timedBatchSchema) }),
});
