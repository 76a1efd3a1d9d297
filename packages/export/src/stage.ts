import { inputQuantity, type Stage, zeroEstimate } from "@sweetspot/artifact";
import { calibrationTexts } from "./calibration-size.ts";
import { type ExportSettings, exportSettings } from "./settings.ts";

/** Size of the copied `tokenizer.json`: MiniLM's has 0.5 MB. */
const tokenizerBytes = 5e5;

/** Size of a model's files over that of its weights in fp32. int8 is 0.26 for MiniLM, more for small ones. */
const sizes = { fp32: 1, int8: 0.3, both: 1.3 };

/** `export`: checkpoints -> a bundle of an ONNX file per segment and precision. */
export const stage: Stage<ExportSettings> = {
  name: "export",
  reads: ["data", "train"],
  readsWeightsOf: ["train"],
  weights: ["member-*/segment-*.onnx"],
  settings: exportSettings,
  estimate: async ({ settings, inputs }) => ({
    ...zeroEstimate,
    diskBytes: tokenizerBytes,
    operations:
      settings.precision === "fp32"
        ? 0
        : calibrationTexts(inputQuantity(inputs, "data", "training")) *
          inputQuantity(inputs, "train", "forward"),
    weightBytes: sizes[settings.precision] * inputQuantity(inputs, "train", "weights"),
    quantities: {
      forward: inputQuantity(inputs, "train", "forward"),
      exits: inputQuantity(inputs, "train", "exits"),
    },
  }),
  run: async (context) => (await import("./export-stage.ts")).runExport(context),
};
