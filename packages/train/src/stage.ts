import { settingProblem, type Stage } from "@sweetspot/artifact";
import { type RepositorySetting, repositorySetting } from "@sweetspot/hub";
import { type Device, deviceProblem, devices } from "@sweetspot/runtime/device";
import { z } from "zod";

// `objectives` has one of each name. It is not asked here, for it loads tfjs.
const methods = [
  "early-exit",
  "sweet",
  "multi-model",
  "layer-weighted",
  "two-stage",
  "alternating",
  "projected",
  "early-exit-distilled",
  "sweet-distilled",
  "sweet-warm-up",
  "sweet-rates",
] as const;

/** Those that the reference implementation has. */
const referenceMethods: readonly string[] = methods.slice(0, 3);

/** Those that learn from a teacher. */
const taughtMethods: readonly string[] = ["early-exit-distilled", "sweet-distilled"];

const engines = ["compiled", "eager"] as const;

// Model has one of each name; it loads tfjs too.
const poolings = ["first-token", "mean", "shared-pooler"] as const;

/** How one classifier, or one multi-model cascade, is fine-tuned. */
export interface TrainSettings {
  /** The pretrained encoder: `minilm`, `tiny` (random weights, for tests), or where it is. */
  encoder: string | RepositorySetting;
  method: (typeof methods)[number];
  /** How an exit reads its layer; `encoder` for the way that suits the encoder. */
  pooling: "encoder" | (typeof poolings)[number];
  /**
   * Where gradients are cut between segments: `method` as the method says. `reference`, of early-exit,
   * SWEET and multi-model alone, does what the
   * reference implementation of SWEET does as it is called: its flag is on unless it is switched off, so
   * that early-exit is cut too, and its DeBERTa reads another flag, so that nothing is cut there.
   */
  gradientStops: "method" | "reference";
  /** The layers that an exit reads, counted from 1, rising. */
  exitLayers: number[];
  /** Seeds the heads, the order of the batches and dropout. */
  seed: number;
  epochs: number;
  batchSize: number;
  /** The peak, reached when the warm-up ends; falls linearly to 0 from there. */
  learningRate: number;
  /** The share of all steps over which the learning rate rises linearly from 0. */
  warmupRatio: number;
  /** AdamW's decoupled decay; biases and layer norms are spared. */
  weightDecay: number;
  /** The gradient's global norm is scaled down to this; `off` leaves it as it is. */
  maxGradientNorm: number | "off";
  /**
   * Whether each step tells how the classifiers' gradients lie to each other and to the update that it
   * makes. Early-exit then goes backward once for each classifier.
   */
  gradientConflict: boolean;
  /** Where the steps run. Another device gives other last bits. */
  device: Device;
  /** One graph in ONNX Runtime, or tfjs kernel by kernel (tfjs-node on `cpu`, tfjs-node-gpu on `cuda`). */
  engine: (typeof engines)[number];
}

const count = z.int().positive();

/**
 * `train`: encoded splits -> fine-tuned checkpoints, one folder per member. The input `teacher`, for the
 * methods that learn from one, holds its predictions on the training split.
 */
export const stage: Stage<TrainSettings> = {
  name: "train",
  reads: ["data"],
  mayRead: ["teacher"],
  settings: z.strictObject({
    encoder: z.union([z.string().min(1), repositorySetting]),
    method: z.enum(methods),
    pooling: z.enum(["encoder", ...poolings]).default("encoder"),
    gradientStops: z.enum(["method", "reference"]).default("method"),
    exitLayers: z
      .array(count)
      .min(1)
      .refine((layers) => layers.every((l, i) => i === 0 || l > (layers[i - 1] ?? 0)), {
        error: "must rise, each layer once",
      }),
    seed: z.int().nonnegative().default(1),
    epochs: count.default(3),
    batchSize: count.default(16),
    learningRate: z.number().positive().default(5e-5),
    warmupRatio: z.number().min(0).max(1).default(0.1),
    weightDecay: z.number().nonnegative().default(0.01),
    maxGradientNorm: z.union([z.number().positive(), z.literal("off")]).default(1),
    gradientConflict: z.boolean().default(false),
    device: z.enum(devices).default("cpu"),
    engine: z.enum(engines).default("compiled"),
  }),
  wants: ({ method }) => (taughtMethods.includes(method) ? ["teacher"] : []),
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
    // The entry without tfjs.
    const { pretrainedEncoder } = await import("@sweetspot/model/encoder");
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

/** How errors call an encoder. */
export function encoderName(encoder: TrainSettings["encoder"]): string {
  if (typeof encoder === "string") return `"${encoder}"`;
  return "hub" in encoder ? `${encoder.hub}@${encoder.revision}` : encoder.folder;
}
