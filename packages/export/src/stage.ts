import { little, type Stage, toldBy } from "@sweetspot/artifact";
import { type ExportSettings, exportSettings } from "./settings.ts";

/** `export`: checkpoints -> a bundle of one ONNX file per segment. */
export const stage: Stage<ExportSettings> = {
  name: "export",
  reads: ["data", "train"],
  settings: exportSettings,
  estimate: async ({ inputs }) => ({
    ...little,
    diskBytes: toldBy(inputs, "train", "weights"),
    told: { forward: toldBy(inputs, "train", "forward") },
  }),
  run: async (context) => (await import("./export-stage.ts")).runExport(context),
};
