import { z } from "zod";
import { exitLayersSchema } from "./exit-layers.ts";
import { type Method, methodSchema } from "./method.ts";

/** `cascade.json` of the stage `train`: its models, in the order in which they run. */
export interface CascadeFile {
  method: Method;
  /** The depth of the deepest model. */
  layers: number;
  members: { folder: string; exitLayers: number[] }[];
}

/** The schema of `cascade.json`. */
export const cascadeSchema: z.ZodType<CascadeFile> = z.strictObject({
  method: methodSchema,
  layers: z.int().positive(),
  members: z.array(z.strictObject({ folder: z.string(), exitLayers: exitLayersSchema })).min(1),
});
