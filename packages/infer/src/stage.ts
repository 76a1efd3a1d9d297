import { inputQuantity, type Stage, zeroEstimate } from "@sweetspot/artifact";
import { deviceProblem } from "@sweetspot/runtime/device";
import {
  type PredictSettings,
  predictSettings,
  type TimeSettings,
  timeSettings,
} from "./settings.ts";

/** Size of the logits of two classes, the labels and the lengths, in bytes. */
function logitBytes(examples: number, exits: number): number {
  return 4e3 + examples * (8 + exits * 2 * 4);
}

/** `predict`: every exit's logits for every example of the three held-out splits, and optionally the training split. */
export const predict: Stage<PredictSettings> = {
  name: "predict",
  reads: ["data", "export"],
  readsWeightsOf: ["export"],
  settings: predictSettings,
  check: async (settings) => deviceProblem(settings.device),
  estimate: async ({ settings, inputs }) => ({
    ...zeroEstimate,
    operations:
      (inputQuantity(inputs, "data", "heldOut") +
        (settings.training ? inputQuantity(inputs, "data", "training") : 0)) *
      inputQuantity(inputs, "export", "forward"),
    diskBytes: logitBytes(
      inputQuantity(inputs, "data", "heldOut") +
        (settings.training ? inputQuantity(inputs, "data", "training") : 0),
      inputQuantity(inputs, "export", "exits"),
    ),
    quantities: {
      exits: inputQuantity(inputs, "export", "exits"),
      test: inputQuantity(inputs, "data", "test"),
    },
  }),
  run: async (context) => (await import("./predict.ts")).runPredict(context),
};

/** Ways to answer that `time` times: thresholds, and exits alone, counted as passes of full depth. */
const timedPasses = 5;

/** `time`: how long `classify` takes, in calls of 1, 8 and 32 texts. Nothing else should run on the machine. */
export const time: Stage<TimeSettings> = {
  name: "time",
  reads: ["data", "export"],
  readsWeightsOf: ["export"],
  settings: timeSettings,
  check: async (settings) => deviceProblem(settings.device),
  // Each example runs in calls of three sizes.
  estimate: async ({ settings, inputs }) => ({
    ...zeroEstimate,
    operations:
      3 *
      timedPasses *
      settings.examples *
      settings.rounds *
      inputQuantity(inputs, "export", "forward"),
  }),
  run: async (context) => (await import("./time.ts")).runTime(context),
};
