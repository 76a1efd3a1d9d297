import { z } from "zod";
import { type Method, methodSchema } from "./method.ts";

/** `bundle.json` of the stage `export`: the content of a deployable folder. */
export interface BundleFile {
  format: "sweetspot-bundle-1";
  method: Method;
  /** The classes' names, in the order of the logits. */
  labels: string[];
  /** The depth of the deepest model; cost is measured against it. */
  layers: number;
  /** Longer texts are cut to this many tokens, special ones included: as in training, and at most the encoder's positions. */
  maxLength: number;
  /** Whether a text is a pair; absent from older bundles. */
  pairs?: boolean | undefined;
  /** Token ids are below this; absent from older bundles. */
  vocabSize?: number | undefined;
  /** In the order in which they run; early-exit and SWEET have one. */
  members: { segments: BundleSegment[] }[];
}

/** The layers between two exits, and the exit after them. */
export interface BundleSegment {
  /** Path inside the bundle. */
  file: string;
  /** The layer that its exit reads, counted from 1. */
  exitLayer: number;
  /** The number of layers that it runs. */
  layers: number;
}

const count = z.int().positive();

/** The schema of `bundle.json`. */
export const bundleSchema: z.ZodType<BundleFile> = z.strictObject({
  format: z.literal("sweetspot-bundle-1"),
  method: methodSchema,
  labels: z
    .array(z.string())
    .min(2)
    .refine((labels) => new Set(labels).size === labels.length, {
      error: "must be distinct",
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
