import { z } from "zod";
import { type Method, methodSchema } from "./method.ts";

/** `bundle.json` of the stage `export`: what a deployable folder holds. */
export interface BundleFile {
  format: "sweetspot-bundle-1";
  method: Method;
  /** The classes' names, in the order of the logits. */
  labels: string[];
  /** The depth of the deepest model: what cost is measured against. */
  layers: number;
  /** Longer texts are cut to this many tokens, special ones included: as in training, and no more than the encoder has positions. */
  maxLength: number;
  /** Whether a text is a pair; older bundles do not say. */
  pairs?: boolean | undefined;
  /** Token ids lie below this; older bundles do not say. */
  vocabSize?: number | undefined;
  /** In the order in which they are asked; early-exit and SWEET have one. */
  members: { segments: BundleSegment[] }[];
}

/** The layers between two exits, and the exit after them. */
export interface BundleSegment {
  /** Path inside the bundle. */
  file: string;
  /** The layer that its exit reads, counted from 1. */
  exitLayer: number;
  /** How many layers it runs. */
  layers: number;
}

const count = z.int().positive();

/** What `bundle.json` must be. */
export const bundleSchema: z.ZodType<BundleFile> = z.strictObject({
  format: z.literal("sweetspot-bundle-1"),
  method: methodSchema,
  labels: z
    .array(z.string())
    .min(2)
    .refine((labels) => new Set(labels).size === labels.length, {
      error: "must each be there once",
    }),
  layers: count,
  maxLength: count,
  pairs: z.boolean().optional(),
  vocabSize: count.optional(),
  members: z
    .array(
      z.strictObject({
        segments: z
          .array(z.strictObject({ file: z.string(), exitLayer: count, layers: count }))
          .min(1),
      }),
    )
    .min(1),
});
