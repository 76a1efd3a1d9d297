import { z } from "zod";
import type { Artifact } from "../folder/folder.ts";
import { readJsonAs } from "../json-file.ts";

/** `gradient-conflict.json` of the stage `train`: how the classifiers' gradients aligned while one model trained. Layer 0 is the embeddings. */
export interface GradientConflict {
  format: "sweetspot-gradient-conflict-1";
  /** Steps measured. */
  steps: number;
  /** For each layer and each two classifiers, named by the layers that they read, whose gradients reach it. */
  pairs: {
    layer: number;
    exits: [number, number];
    /** The mean over the steps in which both have a gradient, in `[-1, 1]`. */
    cosine: number;
    /** The share of those steps in which it is below 0. */
    conflicts: number;
  }[];
  /** The mean cosine of a classifier's gradient with the update made. */
  alignments: { layer: number; exit: number; cosine: number }[];
}

const layer = z.int().nonnegative();
// Rounding can exceed 1.
const cosine = z.number().min(-1.001).max(1.001);

/** The schema of `gradient-conflict.json`. */
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

/** Reads the gradient conflict of each of a training's models, in the cascade's order; undefined if it was not measured. */
export async function readGradientConflict(
  train: Artifact,
): Promise<GradientConflict[] | undefined> {
  const measured: GradientConflict[] = [];
  for (let member = 1; ; member++) {
    const file = `member-${member}/gradient-conflict.json`;
    if (train.manifest.files[file] === undefined) break;
    measured.push(await readJsonAs(train.path(file), gradientConflictSchema));
  }
  return measured.length === 0 ? undefined : measured;
}
