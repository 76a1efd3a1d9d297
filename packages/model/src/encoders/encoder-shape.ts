import { z } from "zod";

/** The sizes and rates that every kind of encoder has: the keys of Hugging Face's `config.json` in camel case. */
export interface EncoderShape {
  vocabSize: number;
  hiddenSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  intermediateSize: number;
  maxPositionEmbeddings: number;
  /** 0 if the encoder has no embeddings of token types. */
  typeVocabSize: number;
  layerNormEps: number;
  /** Standard deviation of new weights. */
  initializerRange: number;
  hiddenDropoutProb: number;
  attentionProbsDropoutProb: number;
}

/**
 * A whole number from 1 to `most`, which is far above any real encoder's and small enough that listing all
 * its parameters takes no time.
 */
function count(most: number): z.ZodInt {
  return z.int().positive().max(most);
}
const probability = z.number().min(0).max(0.99);

/** A key that must have this value, or the model would compute something else. */
export function only<const V extends string | number | boolean>(
  value: V,
  otherwise: string,
): z.ZodLiteral<V> {
  return z.literal(value, { error: `only ${JSON.stringify(value)} is supported: ${otherwise}` });
}

/** A key that must be absent or null. */
function never(otherwise: string): z.ZodOptional<z.ZodNull> {
  return z.null({ error: `not supported: ${otherwise}` }).optional();
}

/** The fields of a shape by their keys in `config.json`, in the order in which they are written. */
const sizes = {
  vocab_size: "vocabSize",
  hidden_size: "hiddenSize",
  num_hidden_layers: "numHiddenLayers",
  num_attention_heads: "numAttentionHeads",
  intermediate_size: "intermediateSize",
  max_position_embeddings: "maxPositionEmbeddings",
  type_vocab_size: "typeVocabSize",
  layer_norm_eps: "layerNormEps",
  initializer_range: "initializerRange",
} as const;
const rates = {
  hidden_dropout_prob: "hiddenDropoutProb",
  attention_probs_dropout_prob: "attentionProbsDropoutProb",
} as const;

/** The keys of every encoder that hold numbers. */
type ShapeNumber = keyof typeof sizes | keyof typeof rates;

/** The keys of every encoder that may only have one value, or be absent. */
type ShapeCondition =
  | "hidden_act"
  | "is_decoder"
  | "is_encoder_decoder"
  | "add_cross_attention"
  | "pruned_heads"
  | "auto_map"
  | "quantization_config";

/** The keys that every encoder has. */
export const shapeKeys: Record<ShapeNumber, z.ZodType<number>> & Record<ShapeCondition, z.ZodType> =
  {
    vocab_size: count(1 << 24),
    hidden_size: count(1 << 14),
    num_hidden_layers: count(1000),
    num_attention_heads: count(1 << 12),
    intermediate_size: count(1 << 17),
    max_position_embeddings: count(1 << 20),
    layer_norm_eps: z.number().positive(),
    initializer_range: z.number().positive().default(0.02),
    hidden_act: only("gelu", "the exact one, by erf"),
    hidden_dropout_prob: probability,
    attention_probs_dropout_prob: probability,
    is_decoder: only(false, "attention looks both ways").default(false),
    is_encoder_decoder: only(false, "there is no decoder").default(false),
    add_cross_attention: only(false, "there is no decoder").default(false),
    pruned_heads: z
      .record(z.string(), z.unknown())
      .refine((heads) => Object.keys(heads).length === 0, {
        error: "pruned heads are not supported",
      })
      .nullish(),
    auto_map: never("the model brings code of its own"),
    quantization_config: never("save the weights as float32, float16 or bfloat16"),
    type_vocab_size: count(1 << 16),
  };

/**
 * The shape that a config's keys give.
 *
 * @throws RangeError, naming the file, if the heads do not divide the hidden size
 */
export function encoderShape(
  c: Readonly<Record<ShapeNumber, number>>,
  where: string,
): EncoderShape {
  if (c.hidden_size % c.num_attention_heads !== 0) {
    throw new RangeError(
      `${where}: hidden_size ${c.hidden_size} must be a multiple of num_attention_heads ${c.num_attention_heads}`,
    );
  }
  return Object.fromEntries(
    Object.entries({ ...sizes, ...rates }).map(([key, field]) => [field, c[key as ShapeNumber]]),
  ) as unknown as EncoderShape; // its fields, each once
}

/** The config's keys for a shape. */
export function shapeJson(shape: EncoderShape): Record<string, string | number> {
  const of = (fields: Readonly<Record<string, keyof EncoderShape>>) =>
    Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, shape[field]]));
  return { ...of(sizes), hidden_act: "gelu", ...of(rates) };
}
