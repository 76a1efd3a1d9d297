import { z } from "zod";

/** Any value that JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** `manifest.json` of an artifact: which stage made it, from what, and what is in it. */
export interface Manifest {
  format: "sweetspot-artifact-1";
  /** The stage's name. */
  stage: string;
  /** The stage's settings, defaults filled in. */
  settings: Json;
  /** Name of each input artifact -> sha256 of its `manifest.json`, in hexadecimal. */
  inputs: Record<string, string>;
  /** Path inside the folder, with `/` -> size and sha256. `manifest.json` itself is not listed. */
  files: Record<string, FileEntry>;
  /** What the stage reports: counts, labels, checks. No clock readings. */
  facts: Record<string, Json>;
}

/** One file of an artifact. */
export interface FileEntry {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** Whether it holds weights: such a file may be absent, because the same cell makes the same weights again. */
  weights?: true | undefined;
}

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  format: z.literal("sweetspot-artifact-1"),
  stage: z.string(),
  settings: z.json() as z.ZodType<Json>,
  inputs: z.record(z.string(), sha256Schema),
  files: z.record(
    z.string(),
    z.strictObject({
      bytes: z.int().nonnegative(),
      sha256: sha256Schema,
      weights: z.literal(true).optional(),
    }),
  ),
  facts: z.record(z.string(), z.json() as z.ZodType<Json>),
});
