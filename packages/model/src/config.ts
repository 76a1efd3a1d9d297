import { parse } from "@sweetspot/artifact";
import { z } from "zod";

/** What shapes a BERT encoder, under camel-cased names of Hugging Face's `config.json`. */
export interface BertConfig {
  vocabSize: number;
  hiddenSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  intermediateSize: number;
  maxPositionEmbeddings: number;
  typeVocabSize: number;
  layerNormEps: number;
  /** Standard deviation of newly made weights. */
  initializerRange: number;
  hiddenDropoutProb: number;
  attentionProbsDropoutProb: number;
}

const count = z.int().positive();
const probability = z.number().min(0).max(0.99);

/** The keys that matter; those that change nothing at these values may be there. */
const schema = z.looseObject({
  model_type: z.literal("bert"),
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  max_position_embeddings: count,
  type_vocab_size: count,
  layer_norm_eps: z.number().positive(),
  initializer_range: z.number().positive().default(0.02),
  hidden_act: z.literal("gelu"),
  position_embedding_type: z.literal("absolute").default("absolute"),
  hidden_dropout_prob: probability,
  attention_probs_dropout_prob: probability,
});

/**
 * Reads Hugging Face's `config.json` of a BERT.
 *
 * @param where the file's path, for the errors
 * @throws TypeError for another kind of model, another activation or relative positions; RangeError
 *   if the heads do not divide the hidden size
 */
export function bertConfig(json: unknown, where: string): BertConfig {
  const c = parse(schema, json, where);
  if (c.hidden_size % c.num_attention_heads !== 0) {
    throw new RangeError(
      `${where}: hidden_size ${c.hidden_size} must be a multiple of num_attention_heads ${c.num_attention_heads}`,
    );
  }
  return {
    vocabSize: c.vocab_size,
    hiddenSize: c.hidden_size,
    numHiddenLayers: c.num_hidden_layers,
    numAttentionHeads: c.num_attention_heads,
    intermediateSize: c.intermediate_size,
    maxPositionEmbeddings: c.max_position_embeddings,
    typeVocabSize: c.type_vocab_size,
    layerNormEps: c.layer_norm_eps,
    initializerRange: c.initializer_range,
    hiddenDropoutProb: c.hidden_dropout_prob,
    attentionProbsDropoutProb: c.attention_probs_dropout_prob,
  };
}

/** The `config.json` that says the same. */
export function bertConfigJson(config: BertConfig): Record<string, string | number> {
  return {
    model_type: "bert",
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.numHiddenLayers,
    num_attention_heads: config.numAttentionHeads,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.maxPositionEmbeddings,
    type_vocab_size: config.typeVocabSize,
    layer_norm_eps: config.layerNormEps,
    initializer_range: config.initializerRange,
    hidden_act: "gelu",
    position_embedding_type: "absolute",
    hidden_dropout_prob: config.hiddenDropoutProb,
    attention_probs_dropout_prob: config.attentionProbsDropoutProb,
  };
}
