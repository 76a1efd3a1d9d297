import { inputQuantity, type Stage, zeroEstimate } from "@sweetspot/artifact";
import { type ExportSettings, exportSettings } from "./settings.ts";

/** Size of the copied `tokenizer.json`: MiniLM's has 0.5 MB. */
const tokenizerBytes = 5e5;

/** `export`: checkpoints -> a bundle of one ONNX file per segment. */
export const stage: Stage<ExportSettings> = {
  name: "export",
  reads: ["data", "train"],
  readsWeightsOf: ["train"],
  weights: ["member-*/segment-*.onnx"],
  settings: exportSettings,
  estimate: async ({ inputs }) => ({
    ...zeroEstimate,
    diskBytes: tokenizerBytes,
    weightBytes: inputQuantity(inputs, "train", "weights"),
    quantities: {
      forward: inputQuantity(inputs, "train", "forward"),
      exits: inputQuantity(inputs, "train", "exits"),
    },
  }),
  run: async (context) => (await import("./export-stage.ts")).runExport(context),
};
