import {
  type Estimate,
  type EstimateContext,
  inputQuantity,
  numberCount,
} from "@sweetspot/artifact";
import {
  type EncoderConfig,
  encoderDownloads,
  encoderParameters,
  forwardOperations,
  pretrainedEncoder,
} from "@sweetspot/model/planning";
import { arrangement } from "./loop/arrangement.ts";
import { exitLayersOfModels, objectives } from "./objectives/objectives.ts";
import type { TrainSettings } from "./settings.ts";

/** Backward takes two products for each forward. */
const backward = 2;

/**
 * What one training step's products do.
 *
 * @param depths to which the gradient goes back from an exit, each once; by default from the last, for all
 */
export function stepOperations(
  config: EncoderConfig,
  depth: number,
  { batchSize, tokens }: { batchSize: number; tokens: number },
  depths: readonly number[] = [depth],
): number {
  const back = depths.map((to) => backward * forwardOperations(config, to, tokens));
  return batchSize * back.reduce((sum, one) => sum + one, forwardOperations(config, depth, tokens));
}

/**
 * Seconds of a step beside its products, for each trained parameter: AdamW and what else passes over the
 * state. Of BERT-base's 3.8 s on the CPU, 88 million parameters, products take 3.1 (bench/README.md).
 */
const updateSeconds = 7e-9;
/** Seconds to trace a model and to start its session: BERT-base takes 2.5. */
const startSeconds = 3;

/** How many numbers the first `depth` layers have, and how many of them are trained. */
function parameterCounts(
  config: EncoderConfig,
  depth: number,
  rows: number,
): { all: number; trained: number } {
  const sizes = encoderParameters(config, depth).map((p) => numberCount(p.shape, p.name));
  const all = sizes.reduce((a, b) => a + b, 0);
  const { vocabSize, hiddenSize } = config;
  return { all, trained: all - (vocabSize - Math.min(vocabSize, rows)) * hiddenSize };
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
  const { hiddenSize: c, numAttentionHeads: heads } = config;
  const { all, trained } = parameterCounts(config, depth, rows);
  const layer = batchSize * tokens * (18 * c + 2.5 * heads * tokens);
  return 0.3e9 + 5 * 12 * trained + 2 * 4 * all + 4 * depth * layer;
}

/** What the stage `train` asks for; the longest batch's length is the data's maximum. */
export async function estimateTraining({
  settings,
  inputs,
}: EstimateContext<TrainSettings>): Promise<Estimate> {
  const { encoder, pooling, method, exitLayers, epochs, batchSize, gradientConflict } = settings;
  const { config } = await pretrainedEncoder(encoder, undefined, pooling);
  const [training, tokens, longest] = ["training", "tokens", "longest"].map((what) =>
    inputQuantity(inputs, "data", what),
  ) as [number, number, number]; // one for each
  const objective = objectives[method];
  const depths = exitLayersOfModels(objective, exitLayers).map((layers) => layers.at(-1) ?? 0);
  // Whether the classifiers go back through the layers one by one.
  const apart =
    objective.combine !== undefined || (gradientConflict && objective.isolated !== true);
  const steps = epochs * Math.ceil(training / batchSize);
  // Of batches of one length, every row is padded to the longest.
  const padded = arrangement(settings).mostLengths === 1 ? longest : tokens;
  const rows = training * tokens;
  const update = (depth: number) =>
    settings.device === "cpu"
      ? steps * updateSeconds * parameterCounts(config, depth, rows).trained
      : 0;
  const diskBytes = depths
    .map((depth) => 4 * parameterCounts(config, depth, rows).all)
    .reduce((a, b) => a + b, 0);
  return {
    operations: depths
      .map((depth) => {
        const back = apart && depths.length === 1 ? exitLayers : [depth];
        return steps * stepOperations(config, depth, { batchSize, tokens: padded }, back);
      })
      .reduce((a, b) => a + b, 0),
    seconds: depths.map((d) => startSeconds + update(d)).reduce((a, b) => a + b, 0),
    memoryBytes: trainingMemory(config, Math.max(...depths), { batchSize, tokens: longest, rows }),
    diskBytes,
    downloads: await encoderDownloads(encoder),
    quantities: {
      forward: depths
        .map((depth) => forwardOperations(config, depth, tokens))
        .reduce((a, b) => a + b, 0),
      weights: diskBytes,
    },
  };
}
