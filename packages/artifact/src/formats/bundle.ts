import { z } from "zod";
import { readJson } from "../json-file.ts";
import { parse } from "../parse.ts";
import { type Method, methodSchema } from "./method.ts";
import { type Precision, precisions } from "./precision.ts";

/** `bundle.json` of the stage `export`: the content of a deployable folder. */
export interface BundleFile {
  format: "sweetspot-bundle-2";
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
  /** Its file in each precision that the bundle has: paths inside the bundle. */
  files: Partial<Record<Precision, string>>;
  /** The layer that its exit reads, counted from 1. */
  exitLayer: number;
  /** The number of layers that it runs. */
  layers: number;
}

const count = z.int().positive();

const segmentSchema = z.strictObject({
  files: z
    .partialRecord(z.enum(precisions), z.string())
    .refine((files) => Object.keys(files).length > 0, { error: "must name a file" }),
  exitLayer: count,
  layers: count,
});

/** The schema of `bundle.json`. */
const bundleSchema: z.ZodType<BundleFile> = z.strictObject({
  format: z.literal("sweetspot-bundle-2"),
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
        segments: z.array(segmentSchema).min(1),
      }),
    )
    .min(1)
    .refine((members) => precisionsOf({ members }).length > 0, {
      error: "every segment must have a file of the same precision",
    }),
});

/** The precisions that every segment of a bundle has a file of. */
export function precisionsOf({ members }: Pick<BundleFile, "members">): Precision[] {
  const segments = members.flatMap((m) => m.segments);
  return precisions.filter((p) => segments.every((s) => s.files[p] !== undefined));
}

/**
 * Reads and checks `bundle.json`.
 *
 * @throws Error that says how to make the bundle again if an earlier version wrote it; TypeError that
 *   lists the problems if it does not match the schema; as `readJson` does
 */
export async function readBundle(file: string): Promise<BundleFile> {
  const value = await readJson(file);
  const isEarlier =
    value !== null &&
    typeof value === "object" &&
    "format" in value &&
    value.format === "sweetspot-bundle-1";
  if (isEarlier)
    throw new Error(
      `${file}: expected the format sweetspot-bundle-2, got sweetspot-bundle-1, which an earlier version wrote; run the stage export again`,
    );
  return parse(bundleSchema, value, file);
}
