import { type SettingProblem, settingProblem, type Stage } from "@sweetspot/artifact";
import { deviceProblem } from "@sweetspot/runtime/device";
import { type ObjectiveName, objectives } from "./objectives/objectives.ts";
import {
  encoderName,
  type ProbeSettings,
  probeSettings,
  type TrainSettings,
  trainSettings,
} from "./settings.ts";

/** The methods of the reference implementation. */
const referenceMethods: readonly ObjectiveName[] = ["early-exit", "sweet", "multi-model"];

/**
 * `train`: encoded splits -> fine-tuned checkpoints, one folder per member. The input `teacher`, for the
 * methods that learn from one, has its predictions on the training split; the input `probe`, for heads that
 * start from it, its linear classifiers.
 */
export const stage: Stage<TrainSettings> = {
  name: "train",
  reads: ["data"],
  mayRead: ["teacher", "probe"],
  weights: ["member-*/model.safetensors"],
  settings: trainSettings,
  wants: ({ method, heads }) => [
    ...(objectives[method].teacher === undefined ? [] : ["teacher"]),
    ...(heads.start === "probe" ? ["probe"] : []),
  ],
  check: async (settings) => {
    const { encoder, pooling, heads, method, gradientStops, exitLayers, device, engine } = settings;
    if (gradientStops === "reference" && !referenceMethods.includes(method)) {
      const message = `the reference implementation has ${referenceMethods.join(", ")}, got ${method}; leave it out`;
      return { setting: "gradientStops", message };
    }
    if (heads.start === "probe" && !["encoder", "mean", "first-token-linear"].includes(pooling)) {
      const message = `a head that starts from a probe is linear, but the pooling ${pooling} has a pooler; choose the pooling mean or first-token-linear, or heads: { start: random }`;
      return { setting: "heads", message };
    }
    const lacking =
      engine === "compiled"
        ? await deviceProblem(device)
        : await settingProblem("engine", async () =>
            (await import("@sweetspot/compile/session")).nativeBackend(device),
          );
    return lacking ?? depthProblem({ encoder, exitLayers, pooling });
  },
  estimate: async (context) => (await import("./estimate.ts")).estimateTraining(context),
  measureRate: async (settings) => (await import("./loop/training-rate.ts")).trainingRate(settings),
  run: async (context) => (await import("./train-stage.ts")).runTrain(context),
};

/** `probe`: encoded splits -> linear classifiers on each exit's layer of the frozen encoder, and their predictions. */
export const probe: Stage<ProbeSettings> = {
  name: "probe",
  reads: ["data"],
  settings: probeSettings,
  check: async ({ encoder, exitLayers, device }) =>
    (await deviceProblem(device)) ?? depthProblem({ encoder, exitLayers, pooling: "mean" }),
  estimate: async (context) => (await import("./estimate.ts")).estimateProbe(context),
  run: async (context) => (await import("./probe/probe-stage.ts")).runProbe(context),
};

/** Finds an unknown encoder, or an exit past its depth. */
async function depthProblem({
  encoder,
  exitLayers,
  pooling,
}: Pick<TrainSettings, "encoder" | "exitLayers" | "pooling">): Promise<SettingProblem | undefined> {
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
}
