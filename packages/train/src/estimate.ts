import { type Estimate, type EstimateContext, toldBy } from "@sweetspot/artifact";
import {
  type EncoderConfig,
  encoderDownloads,
  encoderParameters,
  forwardOperations,
  pretrainedEncoder,
} from "@sweetspot/model/encoder";
import { earlyExit } from "./early-exit.ts";
import { multiModel } from "./multi-model.ts";
import type { TrainSettings } from "./stage.ts";

/** Backward takes two products for each forward. */
const passes = 3;

/** What one training step's products do. */
export function stepOperations(
  config: EncoderConfig,
  depth: number,
  { batchSize, tokens }: { batchSize: number; tokens: number },
): number {
  return passes * batchSize * forwardOperations(config, depth, tokens);
}

/**
 * What a training holds in memory at its peak: the state (parameters and AdamW's two means) five times,
 * of which ONNX Runtime four; the pretrained weights twice; of each layer 18 numbers a token and
 * channel and 2.5 a pair of tokens and head; 0.3 GB for the rest.
 *
 * The constants are fitted to BERT-base's peaks on the CPU at 16 x 64, 128 and 256 tokens: 7.1, 8.1 and
 * 10.6 GB.
 *
 * @param rows of the word embeddings that are trained
 */
export function trainingMemory(
  config: EncoderConfig,
  depth: number,
  { batchSize, tokens, rows }: { batchSize: number; tokens: number; rows: number },
): number {
  const { hiddenSize: c, numAttentionHeads: heads, vocabSize } = config;
  const sizes = encoderParameters(config, depth).map((p) => p.shape.reduce((a, b) => a * b, 1));
  const parameters = sizes.reduce((a, b) => a + b, 0);
  const trained = parameters - (vocabSize - Math.min(vocabSize, rows)) * c;
  const layer = batchSize * tokens * (18 * c + 2.5 * heads * tokens);
  return 0.3e9 + 5 * 12 * trained + 2 * 4 * parameters + 4 * depth * layer;
}

/** What the stage `train` asks for; the longest batch's length is the data's maximum. */
export async function estimateTraining({
  settings,
  inputs,
}: EstimateContext<TrainSettings>): Promise<Estimate> {
  const { encoder, method, exitLayers, epochs, batchSize } = settings;
  const { config } = await pretrainedEncoder(encoder);
  const [training, tokens, longest] = ["training", "tokens", "longest"].map((what) =>
    toldBy(inputs, "data", what),
  ) as [number, number, number]; // one for each
  // SWEET's models are early-exit's; its own file loads tfjs, which planning does without.
  const { members } = method === "multi-model" ? multiModel : earlyExit;
  const depths = members(exitLayers).map((layers) => layers.at(-1) ?? 0);
  const steps = epochs * Math.ceil(training / batchSize);
  const rows = training * tokens;
  return {
    operations: depths
      .map((depth) => steps * stepOperations(config, depth, { batchSize, tokens }))
      .reduce((a, b) => a + b, 0),
    memoryBytes: trainingMemory(config, Math.max(...depths), { batchSize, tokens: longest, rows }),
    downloads: await encoderDownloads(encoder),
    told: {
      forward: depths
        .map((depth) => forwardOperations(config, depth, tokens))
        .reduce((a, b) => a + b, 0),
    },
  };
}
