import { little, type Stage, toldBy } from "@sweetspot/artifact";
import { z } from "zod";

/** Nothing to set: a bundle follows from its checkpoint. */
export type ExportSettings = Record<string, never>;

/** `export`: checkpoints -> a bundle of one ONNX file per segment. */
export const stage: Stage<ExportSettings> = {
  name: "export",
  reads: ["data", "train"],
  settings: z.strictObject({}) as z.ZodType<ExportSettings>,
  estimate: async ({ inputs }) => ({
    ...little,
    diskBytes: toldBy(inputs, "train", "weights"),
    told: { forward: toldBy(inputs, "train", "forward") },
  }),
  run: async (context) => (await import("./export-stage.ts")).runExport(context),
};
