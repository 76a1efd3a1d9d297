import type { BertConfig } from "../src/encoders/bert/definition.ts";

/** A small BERT's configuration: what is given in place of its own. */
export function bertConfig(given: Partial<BertConfig>): BertConfig {
  return {
    modelType: "bert",
    vocabSize: 29,
    hiddenSize: 12,
    numHiddenLayers: 2,
    numAttentionHeads: 3,
    intermediateSize: 20,
    maxPositionEmbeddings: 19,
    typeVocabSize: 2,
    layerNormEps: 1e-12,
    initializerRange: 0.02,
    hiddenDropoutProb: 0.1,
    attentionProbsDropoutProb: 0.2,
    ...given,
  };
}
