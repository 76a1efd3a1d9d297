import { type Ragged, ragged } from "@sweetspot/artifact";
import {
  type BertConfig,
  type Checkpoint,
  encoderParameters,
  exitParameters,
  initialWeights,
  type Pooling,
} from "@sweetspot/model";

const whole: BertConfig = {
  modelType: "bert",
  vocabSize: 41,
  hiddenSize: 12,
  numHiddenLayers: 3,
  numAttentionHeads: 3,
  intermediateSize: 10,
  maxPositionEmbeddings: 23,
  typeVocabSize: 2,
  layerNormEps: 1e-12,
  initializerRange: 0.3,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
};

/** A small BERT with random weights, also for biases and norms, so that every parameter matters. */
export function randomCheckpoint(
  exitLayers: readonly number[],
  pooling: Pooling = "first-token",
): Checkpoint {
  const labels = ["left", "right", "straight"];
  const config = { ...whole, numHiddenLayers: exitLayers.at(-1) ?? 0 };
  const specs = [
    ...encoderParameters(config),
    ...exitParameters(config, exitLayers, labels.length, pooling),
  ];
  const random = initialWeights(
    specs.map((s) => ({ ...s, role: "weight" as const })),
    config,
    7,
  );
  return { config, exitLayers, pooling, labels, weights: random };
}

/** Rows of the given lengths; the second half of each belongs to the second text. */
export function randomSentences(lengths: readonly number[]): {
  inputIds: Ragged;
  tokenTypeIds: Ragged;
} {
  return {
    inputIds: ragged(
      lengths.map((n, i) => Array.from({ length: n }, (_, t) => (17 * i + 5 * t + 3) % 41)),
    ),
    tokenTypeIds: ragged(
      lengths.map((n) => Array.from({ length: n }, (_, t) => (t < n / 2 ? 0 : 1))),
    ),
  };
}
