import { z } from "zod";

/** The numbers that a model computes with: float32, or its matrix products in int8. */
export type Precision = (typeof precisions)[number];

/** Every precision. */
export const precisions = ["fp32", "int8"] as const;

/** The schema of a precision. */
export const precisionSchema: z.ZodType<Precision> = z.enum(precisions);
