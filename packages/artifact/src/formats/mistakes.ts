import { z } from "zod";
import type { RawExample } from "./raw-split.ts";

/** An example that the full model answers otherwise than its label says. */
export interface Mistake extends RawExample {
  answer: string;
  /** The full model's probability of its answer. */
  confidence: number;
}

/** A label that is probably wrong. */
export interface LabelProblem extends Mistake {
  /** The full model's probability of the label. */
  labelConfidence: number;
  split: string;
}

/**
 * `mistakes.json` of the stage `eval`: examples to look at. It holds a user's texts, so it is never
 * published.
 */
export interface Mistakes {
  format: "sweetspot-mistakes-1";
  /** Test examples that the full model answers wrongly: how many, and the most confident of them. */
  errors: { count: number; first: Mistake[] };
  /** Held-out examples whose label is probably wrong: how many, of how many, and the clearest of them. */
  labels: { count: number; of: number; first: LabelProblem[] };
}

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();
const mistake = {
  text: z.string(),
  textPair: z.string().optional(),
  label: z.string(),
  answer: z.string(),
  confidence: share,
};

/** The schema of `mistakes.json`. */
export const mistakesSchema: z.ZodType<Mistakes> = z.strictObject({
  format: z.literal("sweetspot-mistakes-1"),
  errors: z.strictObject({ count, first: z.array(z.strictObject(mistake)) }),
  labels: z.strictObject({
    count,
    of: count,
    first: z.array(z.strictObject({ ...mistake, labelConfidence: share, split: z.string() })),
  }),
});
