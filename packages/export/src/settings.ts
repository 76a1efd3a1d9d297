import type { Precision } from "@sweetspot/artifact";
import { z } from "zod";

/** Settings of the stage `export`. */
export interface ExportSettings {
  /** The precision of the segments' files; `both` writes each segment twice. */
  precision: Precision | "both";
}

/** The settings of the stage `export`. */
export const exportSettings: z.ZodType<ExportSettings> = z.strictObject({
  precision: z.enum(["fp32", "int8", "both"]).default("both"),
});
