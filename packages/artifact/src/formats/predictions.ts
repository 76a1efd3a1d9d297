import { z } from "zod";
import { exitLayersSchema } from "./exit-layers.ts";
import { type Method, methodSchema } from "./method.ts";
import { type Precision, precisionSchema } from "./precision.ts";

/** `predictions.json`, beside one `SPLIT.safetensors` of logits for each split. */
export interface Predictions {
  format: "sweetspot-predictions-1";
  method: Method;
  /** What the logits were computed with; older predictions do not say: fp32. */
  precision: Precision;
  /** In the order of the logits. */
  labels: string[];
  /** The full model's depth. */
  layers: number;
  /** In the order in which they run. */
  members: { exitLayers: number[] }[];
  splits: Record<string, { examples: number }>;
}

const count = z.int().positive();

/** The schema of `predictions.json`. */
export const predictionsSchema: z.ZodType<Predictions> = z
  .strictObject({
    format: z.literal("sweetspot-predictions-1"),
    method: methodSchema,
    precision: precisionSchema.default("fp32"),
    labels: z.array(z.string()).min(2),
    layers: count,
    members: z.array(z.strictObject({ exitLayers: exitLayersSchema })).min(1),
    splits: z.record(z.string(), z.strictObject({ examples: count })),
  })
  .refine((p) => p.members.every((m) => (m.exitLayers.at(-1) ?? 0) <= p.layers), {
    path: ["members"],
    error: "an exit layer is deeper than the model",
  });
