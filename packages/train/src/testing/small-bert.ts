import { ragged, type EncodedSplit } from "@sweetspot/artifact";
import {
  type BertConfig,
  encoderParameters,
  initialWeights,
  type PretrainedEncoder,
} from "@sweetspot/model";
import { earlyExit } from "../objectives/early-exit.ts";
import type { TrainingTask } from "../loop/training.ts";

/** A BERT for tests that is smaller than `tiny`, its weights large enough for every gradient to show. */
export const smallConfig: BertConfig = {
  modelType: "bert",
  vocabSize: 41,
  hiddenSize: 12,
  numHiddenLayers: 2,
  numAttentionHeads: 3,
  intermediateSize: 10,
  maxPositionEmbeddings: 17,
  typeVocabSize: 2,
  layerNormEps: 1e-12,
  initializerRange: 0.2,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.2,
};

export const smallEncoder: PretrainedEncoder = {
  config: smallConfig,
  pooling: "first-token",
  weights: async (depth) => initialWeights(encoderParameters(smallConfig, depth), smallConfig, 3),
};

/** Pairs of, if nothing else is said, 3 to 11 tokens; a row's label shows in its second token. Ids are below 31 of the 41. */
export function smallSplit(
  rows: number,
  lengthOf: (row: number) => number = (i) => 3 + ((7 * i) % 9),
  classes = 3,
): EncodedSplit {
  const lengths = Array.from({ length: rows }, (_, i) => lengthOf(i));
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const ids = lengths.map((length, i) =>
    Array.from({ length }, (_, t) => (t === 1 ? 1 + (i % classes) : 5 + ((11 * i + 5 * t) % 26))),
  );
  const types = lengths.map((length) => Array.from({ length }, (_, t) => (t < length / 2 ? 0 : 1)));
  return { inputIds: ragged(ids), tokenTypeIds: ragged(types), labels };
}

/** Early-exit on 23 rows of 3 classes: 5 batches an epoch, the last of 3 rows. */
export function smallTask(settings: Partial<TrainingTask["settings"]> = {}): TrainingTask {
  return {
    encoder: smallEncoder,
    objective: earlyExit,
    exitLayers: [1, 2],
    classes: 3,
    split: smallSplit(23),
    settings: {
      seed: 1,
      epochs: 2,
      batchSize: 5,
      learningRate: 0.01,
      warmupRatio: 0.1,
      weightDecay: 0.1,
      maxGradientNorm: 1,
      ...settings,
    },
  };
}
