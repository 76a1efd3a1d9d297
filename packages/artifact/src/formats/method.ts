import { z } from "zod";

/** How a cascade was trained: the name of an objective, made of letters, digits and dashes. */
export type Method = string;

/** The schema of a method's name; which methods exist is up to `train`. */
export const methodSchema: z.ZodType<Method> = z.string().regex(/^[A-Za-z0-9-]+$/, {
  error: "must be a name of letters, digits and dashes",
});
