import { readFile } from "node:fs/promises";
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

/** A key that changes what the model computes unless it has the value given. */
const only = <const V extends string | boolean>(value: V, otherwise: string) =>
  z.literal(value, { error: `only ${JSON.stringify(value)} is supported: ${otherwise}` });
const never = (otherwise: string) => z.null({ error: `not supported: ${otherwise}` }).optional();

/**
 * The keys that matter, and those that would change the result if they were ignored. Any other
 * (names, versions, token ids, caching, chunking, the task's head) changes no hidden state.
 */
const schema = z.looseObject({
  model_type: only("bert", "the encoder must be a BERT"),
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  max_position_embeddings: count,
  type_vocab_size: count,
  layer_norm_eps: z.number().positive(),
  initializer_range: z.number().positive().default(0.02),
  hidden_act: only("gelu", "the exact one, by erf"),
  position_embedding_type: only("absolute", "one learned vector per position").default("absolute"),
  hidden_dropout_prob: probability,
  attention_probs_dropout_prob: probability,
  classifier_dropout: probability.nullish(),
  is_decoder: only(false, "attention looks both ways").default(false),
  is_encoder_decoder: only(false, "there is no decoder").default(false),
  add_cross_attention: only(false, "there is no decoder").default(false),
  pruned_heads: z
    .record(z.string(), z.unknown())
    .refine((heads) => Object.keys(heads).length === 0, { error: "pruned heads are not supported" })
    .nullish(),
  auto_map: never("the model brings code of its own, so it is no plain BERT"),
  quantization_config: never("save the weights as float32, float16 or bfloat16"),
});

/**
 * Reads a JSON file.
 *
 * @throws Error that names the file if it cannot be read; TypeError if it is not JSON
 */
export async function readConfigFile(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(`${file}: cannot be read (${(cause as Error).message})`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`${file}: expected JSON, got ${(cause as Error).message}`, { cause });
  }
}

/**
 * The configuration that Hugging Face's `config.json` of a BERT gives.
 *
 * @param json its content, see `readConfigFile`
 * @param where the file's path, for the errors
 * @throws TypeError, listing each key, for one that is missing or that asks for what is not
 *   supported: another kind of model or activation, relative positions, a decoder, pruned heads,
 *   quantised weights; RangeError if the heads do not divide the hidden size, or the classifier's
 *   dropout is not the hidden states'
 */
export function bertConfig(json: unknown, where: string): BertConfig {
  const c = parse(schema, json, where);
  if (c.hidden_size % c.num_attention_heads !== 0) {
    throw new RangeError(
      `${where}: hidden_size ${c.hidden_size} must be a multiple of num_attention_heads ${c.num_attention_heads}`,
    );
  }
  if ((c.classifier_dropout ?? c.hidden_dropout_prob) !== c.hidden_dropout_prob) {
    throw new RangeError(
      `${where}: classifier_dropout must be hidden_dropout_prob ${c.hidden_dropout_prob} or null, got ${c.classifier_dropout}; the exits drop as the hidden states do`,
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
