import { z } from "zod";

/** `baseline.json` of the stage `data`: what answers without an encoder are worth on the test split. */
export interface Baseline {
  format: "sweetspot-baseline-1";
  /** The test split's most frequent label (the first of equally frequent ones) and its share. */
  majority: { label: string; share: number };
  /** A logistic regression on the TF-IDF of words and pairs of words. */
  bagOfWords: {
    /** `correct / n`. */
    accuracy: number;
    /** Test examples answered rightly. */
    correct: number;
    /** Test examples. */
    n: number;
    /** The L2 penalty that was the most accurate on the threshold split; the strongest of equals. */
    regularisation: number;
  };
}

const share = z.number().min(0).max(1);

/** What `baseline.json` must be. */
export const baselineSchema: z.ZodType<Baseline> = z.strictObject({
  format: z.literal("sweetspot-baseline-1"),
  majority: z.strictObject({ label: z.string(), share }),
  bagOfWords: z.strictObject({
    accuracy: share,
    correct: z.int().nonnegative(),
    n: z.int().positive(),
    regularisation: z.number().positive(),
  }),
});
