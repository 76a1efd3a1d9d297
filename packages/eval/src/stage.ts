import { inputQuantity, type Stage, zeroEstimate } from "@sweetspot/artifact";
import {
  type ChooseSettings,
  chooseSettings,
  type EvalSettings,
  evalSettings,
} from "./settings.ts";

/** `eval`: logits and timings -> accuracies, intervals and speed-accuracy curves. */
export const stage: Stage<EvalSettings> = {
  name: "eval",
  reads: ["predict", "time"],
  mayRead: ["data", "train"],
  settings: evalSettings,
  // The curves have a point for each confidence that occurs, predictions.csv a line for each text:
  // measured on the demo's.
  estimate: async ({ inputs }) => ({
    ...zeroEstimate,
    diskBytes:
      3e4 +
      inputQuantity(inputs, "predict", "test") *
        (200 * inputQuantity(inputs, "predict", "exits") + 120),
  }),
  run: async (context) => (await import("./eval-stage.ts")).runEval(context),
};

/** `choose`: a method's results under several regimes -> the regime with the best results on the calibration split. */
export const choose: Stage<ChooseSettings> = {
  name: "choose",
  reads: "any",
  settings: chooseSettings,
  run: async (context) => (await import("./choose.ts")).runChoose(context),
};
