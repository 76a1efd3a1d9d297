import { z } from "zod";

/** How a cascade was trained: an objective's name, of letters, digits and dashes. */
export type Method = string;

/** Whether it can be a method's name; which there are is for `train` to say. */
export const methodSchema: z.ZodType<Method> = z.string().regex(/^[A-Za-z0-9-]+$/, {
  error: "must be a name of letters, digits and dashes",
});
