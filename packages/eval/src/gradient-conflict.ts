import type { Artifact } from "@sweetspot/artifact";
import { z } from "zod";
import { readJson } from "./predictions.ts";

/** How the classifiers' gradients lay to each other while one model was trained. Layer 0 is the embeddings. */
export interface GradientConflict {
  format: "sweetspot-gradient-conflict-1";
  /** Steps that were measured. */
  steps: number;
  /** Two classifiers, by the layers that they read, in a layer that both reach. */
  pairs: {
    layer: number;
    exits: [number, number];
    /** The mean over the steps, in `[-1, 1]`. */
    cosine: number;
    /** The share of the steps in which it is below 0. */
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

/** What a training told of each of its models, in the cascade's order; nothing if it told nothing. */
export async function readGradientConflict(
  train: Artifact,
): Promise<GradientConflict[] | undefined> {
  const told: GradientConflict[] = [];
  for (let member = 1; ; member++) {
    const file = `member-${member}/gradient-conflict.json`;
    if (train.manifest.files[file] === undefined) break;
    told.push(await readJson(train.path(file), gradientConflictSchema));
  }
  return told.length === 0 ? undefined : told;
}
