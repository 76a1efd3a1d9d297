import { z } from "zod";

/** How classifiers' gradients lay to each other while a member was trained. Layer 0 is the embeddings. */
export interface GradientConflict {
  /** Steps that were measured. */
  steps: number;
  pairs: {
    layer: number;
    /** The layers that the two classifiers read. */
    exits: [number, number];
    /** The mean over the steps, in `[-1, 1]`. */
    cosine: number;
    /** The share of the steps in which it is below 0. */
    conflicts: number;
  }[];
  /** A classifier's gradient and the update that was made: the mean cosine. */
  alignments: { layer: number; exit: number; cosine: number }[];
}

/** What answers without an encoder are worth on the same test split. */
export interface Baseline {
  majority: { label: string; share: number };
  /** A logistic regression on words. */
  bagOfWords: { accuracy: number; correct: number; n: number; regularisation: number };
}

/** What a cell's `results.json` holds beside eval's own numbers, where the stages before left it. */
export interface CellContext {
  /** By member. */
  conflict?: GradientConflict[] | undefined;
  baseline?: Baseline | undefined;
}

const share = z.number().min(0).max(1);
const cosine = z.number().min(-1.0001).max(1.0001);
const count = z.int().nonnegative();

/** What of `results.json` is `CellContext`; other keys are passed over. */
export const cellContextSchema: z.ZodType<CellContext> = z.object({
  conflict: z
    .array(
      z.object({
        steps: z.int().positive(),
        pairs: z.array(
          z.object({ layer: count, exits: z.tuple([count, count]), cosine, conflicts: share }),
        ),
        alignments: z.array(z.object({ layer: count, exit: count, cosine })),
      }),
    )
    .optional(),
  baseline: z
    .object({
      majority: z.object({ label: z.string(), share }),
      bagOfWords: z.object({
        accuracy: share,
        correct: count,
        n: z.int().positive(),
        regularisation: z.number().positive(),
      }),
    })
    .optional(),
});
