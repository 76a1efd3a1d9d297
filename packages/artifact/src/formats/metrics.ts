import { z } from "zod";

/** A number with its interval, at the level in `CellResults.confidence`. */
export interface Score {
  value: number;
  interval: [low: number, high: number];
}

/** What a set of answers scores, beside how many are right. K classes, in the order of `CellResults.labels`. */
export interface MetricsResult {
  /** By a name of `metrics`, in the package `eval`: those that are defined for K classes. */
  scores: Record<string, Score>;
  /** `[K]`. */
  perClass: ClassResult[];
  /** Examples by true class (row) and answer (column), `[K][K]`; absent from operating points if K is above 50. */
  confusion?: number[][] | undefined;
}

/** What one class scores. A share of no examples is 0, with the interval from 0 to 1. */
export interface ClassResult {
  /** Examples of the class. */
  count: number;
  /** Examples answered with the class. */
  answered: number;
  /** Of the examples answered with the class, those that are of the class. */
  precision: Score;
  /** Of the examples of the class, those answered with it. */
  recall: Score;
}

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();
const shareScore: z.ZodType<Score> = z.strictObject({
  value: share,
  interval: z.tuple([share, share]),
});

/** The schema of `MetricsResult`. */
export const metricsSchema: z.ZodType<MetricsResult> = z.strictObject({
  scores: z.record(
    z.string(),
    z.strictObject({ value: z.number(), interval: z.tuple([z.number(), z.number()]) }),
  ),
  perClass: z.array(
    z.strictObject({ count, answered: count, precision: shareScore, recall: shareScore }),
  ),
  confusion: z.array(z.array(count)).optional(),
});
