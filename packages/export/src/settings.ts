import { z } from "zod";

/** Nothing to set: a bundle follows from its checkpoint. */
export type ExportSettings = Record<string, never>;

/** The settings of the stage `export`. */
export const exportSettings: z.ZodType<ExportSettings> = z.strictObject(
  {},
) as z.ZodType<ExportSettings>;
