import { inputQuantity, type Stage, zeroEstimate } from "@sweetspot/artifact";
import { type ExportSettings, exportSettings } from "./settings.ts";

/** `export`: checkpoints -> a bundle of one ONNX file per segment. */
export const stage: Stage<ExportSettings> = {
  name: "export",
  reads: ["data", "train"],
  settings: exportSettings,
  estimate: async ({ inputs }) => ({
    ...zeroEstimate,
    diskBytes: inputQuantity(inputs, "train", "weights"),
    quantities: { forward: inputQuantity(inputs, "train", "forward") },
  }),
  run: async (context) => (await import("./export-stage.ts")).runExport(context),
};
