import { settingProblem, type Stage } from "@sweetspot/artifact";
import { deviceProblem } from "@sweetspot/runtime/device";
import { type ObjectiveName, objectives } from "./objectives/objectives.ts";
import { encoderName, type TrainSettings, trainSettings } from "./settings.ts";

/** The methods of the reference implementation. */
const referenceMethods: readonly ObjectiveName[] = ["early-exit", "sweet", "multi-model"];

/**
 * `train`: encoded splits -> fine-tuned checkpoints, one folder per member. The input `teacher`, for the
 * methods that learn from one, has its predictions on the training split.
 */
export const stage: Stage<TrainSettings> = {
  name: "train",
  reads: ["data"],
  mayRead: ["teacher"],
  weights: ["member-*/model.safetensors"],
  settings: trainSettings,
  wants: ({ method }) => (objectives[method].teacher === undefined ? [] : ["teacher"]),
  check: async ({ encoder, pooling, method, gradientStops, exitLayers, device, engine }) => {
    if (gradientStops === "reference" && !referenceMethods.includes(method)) {
      const message = `the reference implementation has ${referenceMethods.join(", ")}, got ${method}; leave it out`;
      return { setting: "gradientStops", message };
    }
    const lacking =
      engine === "compiled"
        ? await deviceProblem(device)
        : await settingProblem("engine", async () =>
            (await import("@sweetspot/compile/session")).nativeBackend(device),
          );
    if (lacking !== undefined) return lacking;
    // This entry does not load tfjs.
    const { pretrainedEncoder } = await import("@sweetspot/model/planning");
    let depth = Infinity;
    const unknown = await settingProblem("encoder", async () => {
      depth = (await pretrainedEncoder(encoder, undefined, pooling)).config.numHiddenLayers;
    });
    const past = exitLayers.find((layer) => layer > depth);
    if (unknown !== undefined || past === undefined) return unknown;
    const message = `expected layers from 1 to ${depth}, the depth of the encoder ${encoderName(encoder)}, got ${past}`;
    return { setting: "exitLayers", message };
  },
  estimate: async (context) => (await import("./estimate.ts")).estimateTraining(context),
  measureRate: async (settings) => (await import("./loop/training-rate.ts")).trainingRate(settings),
  run: async (context) => (await import("./train-stage.ts")).runTrain(context),
};
