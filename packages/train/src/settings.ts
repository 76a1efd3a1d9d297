import { type EncoderSetting, repositorySetting } from "@sweetspot/hub";
import type { Pooling } from "@sweetspot/model";
import { type Device, devices } from "@sweetspot/runtime/device";
import { z } from "zod";
import { type ObjectiveName, objectiveNames } from "./objectives/objectives.ts";

const engines = ["compiled", "eager"] as const;

// Model's own list would load tfjs; its type holds this one to it.
const poolings = {
  encoder: "encoder",
  "first-token": "first-token",
  "first-token-linear": "first-token-linear",
  mean: "mean",
  "mean-pooler": "mean-pooler",
  "shared-pooler": "shared-pooler",
} as const satisfies { [P in Pooling | "encoder"]: P };

/** How the exits' heads are trained. */
interface HeadSettings {
  /**
   * What the heads start from: random weights, or a probe, a linear classifier fitted on the layer of the
   * frozen encoder. A probe needs a pooling without a pooler: `mean` or `first-token-linear`.
   */
  start: "random" | "probe";
  /** The heads' learning rate, times that of the encoder. A pooler that exits share is not theirs. */
  learningRate: number;
}

/** How one classifier, or one multi-model cascade, is fine-tuned. */
export interface TrainSettings {
  /** The pretrained encoder: `minilm`, `tiny` (random weights, for tests), a folder or a repository of the Hub. */
  encoder: EncoderSetting;
  method: ObjectiveName;
  /**
   * How an exit reads its layer, and whether its head has a pooler; `encoder` for the way that suits the
   * encoder, without a pooler if heads start from a probe.
   */
  pooling: "encoder" | Pooling;
  heads: HeadSettings;
  /**
   * Where gradients stop between segments: `method` follows the method. `reference`, for early-exit, SWEET
   * and multi-model only, does what the reference implementation of SWEET does as it is called: its flag
   * is on unless switched off, so that early-exit's gradients stop too; its DeBERTa reads another flag, so
   * that nothing stops there.
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
  /** AdamW's decoupled decay, which leaves biases and layer norms out. */
  weightDecay: number;
  /** How much an example's loss counts: the same, or inversely to how often its class occurs in the training split. */
  classWeights: "none" | "balanced";
  /** The gradient's global norm is scaled down to this; `off` does not scale it. */
  maxGradientNorm: number | "off";
  /**
   * Whether each step reports how the classifiers' gradients align with each other and with its update.
   * Early-exit then goes backward once for each classifier.
   */
  gradientConflict: boolean;
  /** Where the steps run. Devices differ in the last bits. */
  device: Device;
  /** One graph in ONNX Runtime, or tfjs kernel by kernel (tfjs-node on `cpu`, tfjs-node-gpu on `cuda`). */
  engine: (typeof engines)[number];
}

const count = z.int().positive();
const encoder = z.union([z.string().min(1), repositorySetting]);
const exitLayers = z
  .array(count)
  .min(1)
  .refine((layers) => layers.every((l, i) => i === 0 || l > (layers[i - 1] ?? 0)), {
    error: "must rise, each layer once",
  });
const device = z.enum(devices).default("cpu");

/** The settings of the stage `train`. */
export const trainSettings: z.ZodType<TrainSettings> = z.strictObject({
  encoder,
  method: z.enum(objectiveNames),
  pooling: z.enum(poolings).default("encoder"),
  heads: z
    .strictObject({
      start: z.enum(["random", "probe"]).default("random"),
      learningRate: z.number().positive().default(1),
    })
    .prefault({}),
  gradientStops: z.enum(["method", "reference"]).default("method"),
  exitLayers,
  seed: z.int().nonnegative().default(1),
  epochs: count.default(3),
  batchSize: count.default(16),
  learningRate: z.number().positive().default(5e-5),
  warmupRatio: z.number().min(0).max(1).default(0.1),
  weightDecay: z.number().nonnegative().default(0.01),
  classWeights: z.enum(["none", "balanced"]).default("none"),
  maxGradientNorm: z.union([z.number().positive(), z.literal("off")]).default(1),
  gradientConflict: z.boolean().default(false),
  device,
  engine: z.enum(engines).default("compiled"),
});

/** What probes are fitted on. */
export interface ProbeSettings extends Pick<TrainSettings, "encoder" | "exitLayers" | "device"> {}

/** The settings of the stage `probe`. */
export const probeSettings: z.ZodType<ProbeSettings> = z.strictObject({
  encoder,
  exitLayers,
  device,
});

/** The name of an encoder in errors. */
export function encoderName(encoder: TrainSettings["encoder"]): string {
  if (typeof encoder === "string") return `"${encoder}"`;
  return "hub" in encoder ? `${encoder.hub}@${encoder.revision}` : encoder.folder;
}
