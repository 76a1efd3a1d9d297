import { z } from "zod";
import { bagOfWordsSchema, type Baseline } from "./baseline.ts";
import { type GradientConflict, gradientConflictSchema } from "./gradient-conflict.ts";
import { type Method, methodSchema } from "./method.ts";
import { type Precision, precisionSchema } from "./precision.ts";
import { type MetricsResult, metricsSchema } from "./metrics.ts";
import { type Machine, machineSchema, type TimedBatch, timedBatchSchema } from "./timing.ts";

/** From a low to a high end. */
type Interval = [low: number, high: number];

/** Milliseconds a text, in calls of 1, 8 and 32 texts. */
export interface Milliseconds {
  "1": number;
  "8": number;
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
  /** Of this exit alone: every text runs as far as it, in its own model. */
  ms: Milliseconds;
  metrics: MetricsResult;
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

/** A budget's result under the rule by maximum probability. */
export interface CascadeBudget extends BudgetResult {
  metrics: MetricsResult;
}

/** One exit rule on the test split. */
export interface RuleResult {
  /** A name of `exitRules`, in the package `eval`. */
  rule: string;
  /** As `CellResults.atBudget`, without the metrics. */
  atBudget: BudgetResult[];
  /** Mean accuracy over cost, from the first exit's to the full model's (`meanAccuracy`). */
  area: number;
  /** Of the exact curve 101 points at most, evenly spread over cost. */
  curve: CurvePoint[];
}

/** How far an exit's confidences on the test split are from its accuracy. */
export interface CalibrationResult {
  /** The layer it reads, from 1. */
  exitLayer: number;
  /** Fitted on the calibration split. */
  temperature: number;
  /** Of the logits as they are. */
  before: Reliability;
  /** Of the logits over the temperature. */
  after: Reliability;
}

/** Expected calibration error, and the bins that it is the weighted mean of (`reliability`, in the package `statistics`). */
interface Reliability {
  ece: number;
  bins: {
    low: number;
    high: number;
    count: number;
    /** Means over the bin; null in an empty one. */
    confidence: number | null;
    accuracy: number | null;
  }[];
}

/**
 * What is promised of a cascade on inputs like those of a split:
 *
 * - `agree`, in `(0, 1)`: to answer as the full model, the last exit, on at least this share of them;
 * - `lose`, points in `(0, 100)`: to be at most so much less accurate than the full model;
 * - `spend`, above 0: to run on average at most this many times the full model's layers.
 */
export type ExitPromise = { agree: number } | { lose: number } | { spend: number };

/** How a cascade keeps its promises on a split. */
export interface Kept {
  /** Mean layers run over the full model's. */
  cost: number;
  accuracy: number;
  /** Share of examples answered as the full model answers them. */
  agreement: number;
}

/** A promise tested on the threshold split, for the rule by maximum probability. */
export interface PromiseResult {
  promise: ExitPromise;
  /** With which the promise is made: the probability of being shown a threshold that breaks it is at most the rest. */
  confidence: number;
  /** null where none can be promised. */
  threshold: number | null;
  /** Why none can be. */
  why?: string | undefined;
  /** At the threshold, on the split that it was chosen on. */
  onThreshold?: Kept | undefined;
  /** At the threshold, on the test split. */
  onTest?: Kept | undefined;
}

/**
 * `results.json`: everything that is computed from one cascade's logits and timings. `evaluate` alone
 * fills what rests on the test split and the rule by maximum probability; the stage fills all.
 */
export interface CellResults {
  format: "sweetspot-results-3";
  method: Method;
  /** What its segments compute with. */
  precision: Precision;
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
  /** The name in `MetricsResult.scores` of the metric that the task is judged by. */
  metric: string;
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
  atBudget: CascadeBudget[];
  rules?: RuleResult[] | undefined;
  /** Of the rule that knows which exits are right, on the test split. */
  oracle?: { cost: number; accuracy: number } | undefined;
  /** By exit. */
  calibration?: CalibrationResult[] | undefined;
  promises?: PromiseResult[] | undefined;
  /** On the calibration split: what to choose between settings by; the threshold split is kept for promises, the test split for the end. */
  calibrationSplit?: { exits: number[]; area: number } | undefined;
  /** Each exit's accuracy on the training split, where that was predicted. */
  training?: { exits: number[] } | undefined;
  /** How the classifiers' gradients aligned during training, by member, where that was measured. */
  conflict?: GradientConflict[] | undefined;
  /** What answers without an encoder score on the test split, where the data are known. */
  baseline?: BaselineResult | undefined;
  /** In the results' precision. */
  timing: { machine: Machine; batches: TimedBatch[] };
}

/** A logistic regression on the words, of `baseline.json` of the stage `data`. */
export type BaselineResult = Baseline["bagOfWords"];

const share = z.number().min(0).max(1);
const milliseconds: z.ZodType<Milliseconds> = z.strictObject({
  "1": z.number().nonnegative(),
  "8": z.number().nonnegative(),
  "32": z.number().nonnegative(),
});
const count = z.int().nonnegative();
const positive = z.int().positive();
const interval = z.tuple([share, share]);
const cost = z.number().positive();
const point = {
  threshold: z.number().nonnegative(),
  cost,
  ms: milliseconds,
  accuracy: share,
  exitShares: z.array(share).min(1),
};

const curvePoint = z.strictObject(point);
const budgetResult = { ...point, budget: z.number().positive(), correct: count, interval };
const budgetSchema: z.ZodType<BudgetResult> = z.strictObject(budgetResult);
/** What a promise must be. */
export const exitPromiseSchema: z.ZodType<ExitPromise> = z.union([
  z.strictObject({ agree: z.number().gt(0).lt(1) }),
  z.strictObject({ lose: z.number().gt(0).lt(100) }),
  z.strictObject({ spend: z.number().gt(0) }),
]);

const kept = z.strictObject({ cost, accuracy: share, agreement: share });
const reliability = z.strictObject({
  ece: share,
  bins: z.array(
    z.strictObject({
      low: share,
      high: share,
      count,
      confidence: share.nullable(),
      accuracy: share.nullable(),
    }),
  ),
});

/** What `results.json` must be. */
export const cellResultsSchema: z.ZodType<CellResults> = z.strictObject({
  format: z.literal("sweetspot-results-3"),
  method: methodSchema,
  precision: precisionSchema,
  labels: z.array(z.string()).min(2),
  layers: positive,
  examples: positive,
  testSha256: z.string(),
  confidence: z.number().gt(0).lt(1),
  metric: z.string(),
  temperatures: z.array(z.number().positive()).optional(),
  majority: z.strictObject({ label: z.string(), share }),
  exits: z
    .array(
      z.strictObject({
        exitLayer: positive,
        layers: positive,
        accuracy: share,
        correct: count,
        n: positive,
        interval,
        ms: milliseconds,
        metrics: metricsSchema,
      }),
    )
    .min(1),
  curve: z.array(curvePoint).min(1),
  grid: z.array(curvePoint).min(1),
  atBudget: z.array(z.strictObject({ ...budgetResult, metrics: metricsSchema })),
  rules: z
    .array(
      z.strictObject({
        rule: z.string().min(1),
        atBudget: z.array(budgetSchema),
        area: share,
        curve: z.array(curvePoint).min(1).max(101),
      }),
    )
    .optional(),
  oracle: z.strictObject({ cost, accuracy: share }).optional(),
  calibration: z
    .array(
      z.strictObject({
        exitLayer: positive,
        temperature: z.number().positive(),
        before: reliability,
        after: reliability,
      }),
    )
    .optional(),
  promises: z
    .array(
      z.strictObject({
        promise: exitPromiseSchema,
        confidence: z.number().gt(0).lt(1),
        threshold: z.number().nonnegative().nullable(),
        why: z.string().optional(),
        onThreshold: kept.optional(),
        onTest: kept.optional(),
      }),
    )
    .optional(),
  calibrationSplit: z.strictObject({ exits: z.array(share), area: share }).optional(),
  training: z.strictObject({ exits: z.array(share) }).optional(),
  conflict: z.array(gradientConflictSchema).optional(),
  baseline: bagOfWordsSchema.optional(),
  timing: z.strictObject({ machine: machineSchema, batches: z.array(timedBatchSchema) }),
});
