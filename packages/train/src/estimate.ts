import {
  type Estimate,
  type EstimateContext,
  inputQuantity,
  numberCount,
  zeroEstimate,
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
import type { ProbeSettings, TrainSettings } from "./settings.ts";

/** The backward pass has two products for each of the forward pass. */
const backward = 2;

/**
 * The operations of one training step's matrix products.
 *
 * @param depths from which a backward pass starts, one for each pass; by default one pass from `depth`
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
 * Seconds of a step besides its products, for each trained parameter: AdamW and everything else that
 * passes over the state. Of BERT-base's 3.8 s on the CPU, 88 million parameters, products take 3.1 (bench/README.md).
 */
const updateSeconds = 7e-9;
/** Seconds to trace a model and to start its session: BERT-base takes 2.5. */
const startSeconds = 3;

/** The number of parameters in the first `depth` layers, and how many of them are trained. */
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
 * The peak memory of a training, in bytes: the state (parameters and AdamW's two means) five times, four
 * of them in ONNX Runtime; the pretrained weights twice; for each layer 18 numbers per token and channel
 * and 2.5 per pair of tokens and head; 0.3 GB for the rest.
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

/** What the stage `train` needs; the longest batch has the length of the longest text. */
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
  const sum = (of: (depth: number) => number) => depths.map(of).reduce((a, b) => a + b, 0);
  // Whether each classifier has a backward pass of its own.
  const apart =
    objective.combine !== undefined || (gradientConflict && objective.isolated !== true);
  const steps = epochs * Math.ceil(training / batchSize);
  // Where all batches have one length, every row is padded to the longest.
  const padded = arrangement(settings).mostLengths === 1 ? longest : tokens;
  const rows = training * tokens;
  const update = (depth: number) =>
    settings.device === "cpu"
      ? steps * updateSeconds * parameterCounts(config, depth, rows).trained
      : 0;
  const weightBytes = sum((depth) => 4 * parameterCounts(config, depth, rows).all);
  return {
    operations: sum((depth) => {
      const back = apart && depths.length === 1 ? exitLayers : [depth];
      return steps * stepOperations(config, depth, { batchSize, tokens: padded }, back);
    }),
    seconds: sum((depth) => startSeconds + update(depth)),
    memoryBytes: trainingMemory(config, Math.max(...depths), { batchSize, tokens: longest, rows }),
    // A line of metrics for each step of each model.
    diskBytes: depths.length * (8e3 + 180 * steps),
    weightBytes,
    downloads: await encoderDownloads(encoder),
    quantities: {
      forward: sum((depth) => forwardOperations(config, depth, tokens)),
      weights: weightBytes,
      exits: exitLayers.length,
    },
  };
}

/** Seconds to fit and choose one probe, for each number that its features have; measured on two classes. */
const probeSeconds = 4e-6;
/** Cross-validation uses at most this many examples. */
const mostProbed = 2000;

/** What the stage `probe` needs: a forward pass over every split, and two regressions for each layer. */
export async function estimateProbe({
  settings: { encoder, exitLayers },
  inputs,
}: EstimateContext<ProbeSettings>): Promise<Estimate> {
  const { config } = await pretrainedEncoder(encoder, undefined, "mean");
  const of = (what: string) => inputQuantity(inputs, "data", what);
  const [training, heldOut, tokens] = [of("training"), of("heldOut"), of("tokens")];
  const numbers = Math.min(training, mostProbed) * config.hiddenSize * exitLayers.length * 2;
  return {
    ...zeroEstimate,
    operations: (training + heldOut) * forwardOperations(config, exitLayers.at(-1) ?? 0, tokens),
    seconds: startSeconds + probeSeconds * numbers,
    diskBytes: 4e3 + heldOut * (8 + exitLayers.length * 2 * 4),
    downloads: await encoderDownloads(encoder),
  };
}
