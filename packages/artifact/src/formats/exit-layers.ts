import { z } from "zod";

/** The schema of the layers that a model's exits read: counted from 1, increasing. */
export const exitLayersSchema: z.ZodType<number[]> = z
  .array(z.int().positive())
  .min(1)
  .refine((layers) => layers.every((l, i) => i === 0 || l > (layers[i - 1] ?? 0)), {
    error: "must rise, each layer once",
  });
