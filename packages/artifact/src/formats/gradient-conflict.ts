import { z } from "zod";

/** `gradient-conflict.json` of the stage `train`: how the classifiers' gradients aligned while one model was trained. Layer 0 is the embeddings. */
export interface GradientConflict {
  format: "sweetspot-gradient-conflict-1";
  /** Steps that were measured. */
  steps: number;
  /** Two classifiers, by the layers that they read, in a layer that both reach. */
  pairs: {
    layer: number;
    exits: [number, number];
    /** The mean over the steps in which both have a gradient, in `[-1, 1]`. */
    cosine: number;
    /** The share of those steps in which it is below 0. */
    conflicts: number;
  }[];
  /** A classifier's gradient and the update that was made: the mean cosine. */
  alignments: { layer: number; exit: number; cosine: number }[];
}

const layer = z.int().nonnegative();
// Rounding may lead past 1.
const cosine = z.number().min(-1.001).max(1.001);

/** What `gradient-conflict.json`, of the stage `train`, must be. */
export const gradientConflictSchema: z.ZodType<GradientConflict> = z.strictObject({
  format: z.literal("sweetspot-gradient-conflict-1"),
  steps: z.int().positive(),
  pairs: z.array(
    z.strictObject({
      layer,
      exits: z.tuple([layer, layer]),
      cosine,
      conflicts: z.number().min(0).max(1),
    }),
  ),
  alignments: z.array(z.strictObject({ layer, exit: layer, cosine })),
});
