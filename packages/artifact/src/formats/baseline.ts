import { z } from "zod";

/** `baseline.json` of the stage `data`: accuracies on the test split without an encoder. */
export interface Baseline {
  format: "sweetspot-baseline-1";
  /** The test split's most frequent label (of equals the first) and its share. */
  majority: { label: string; share: number };
  /** A logistic regression on TF-IDF of words and word pairs. */
  bagOfWords: {
    /** `correct / n`. */
    accuracy: number;
    /** Test examples classified correctly. */
    correct: number;
    /** Test examples. */
    n: number;
    /** The L2 penalty that was most accurate on the threshold split; of equals the strongest. */
    regularisation: number;
  };
}

const share = z.number().min(0).max(1);

/** The schema of `Baseline.bagOfWords`. */
export const bagOfWordsSchema: z.ZodType<Baseline["bagOfWords"]> = z.strictObject({
  accuracy: share,
  correct: z.int().nonnegative(),
  n: z.int().positive(),
  regularisation: z.number().positive(),
});

/** The schema of `baseline.json`. */
export const baselineSchema: z.ZodType<Baseline> = z.strictObject({
  format: z.literal("sweetspot-baseline-1"),
  majority: z.strictObject({ label: z.string(), share }),
  bagOfWords: bagOfWordsSchema,
});
