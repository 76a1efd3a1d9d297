import { z } from "zod";

/** There is nothing to set: the checkpoint determines the bundle. */
export type ExportSettings = Record<string, never>;

/** The settings of the stage `export`. */
export const exportSettings: z.ZodType<ExportSettings> = z.strictObject(
  {},
) as z.ZodType<ExportSettings>;
