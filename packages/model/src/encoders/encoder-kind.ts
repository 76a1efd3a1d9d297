import type * as tf from "@tensorflow/tfjs";
import type { Dropout, DropoutSite } from "./layers/dropout-sites.ts";
import type { EncoderShape } from "./encoder-shape.ts";
import type { ParameterSpec } from "./layers/parameters.ts";

/** One batch: B rows of T tokens. */
export interface EncoderInputs {
  /** int32 `[B, T]` */
  inputIds: tf.Tensor2D;
  /** int32 `[B, T]` */
  tokenTypeIds: tf.Tensor2D;
  /** float32 `[B, T]`: 1 for a token, 0 for padding, which comes last */
  attentionMask: tf.Tensor2D;
}

/** Which of a layer's tokens are read. */
export type TokensRead = "all" | "first";

/** The activation of an exit's pooler. */
export type PoolerActivation = "tanh" | "gelu";

/** What every layer reads beside the hidden states. */
export interface LayerContext {
  /** float32 `[B, T]` of 1 and 0. */
  attentionMask: tf.Tensor2D;
  /** What is added to attention scores, `[B, 1, 1, T]`: see `attentionBias`. */
  bias: tf.Tensor4D;
  /** The embeddings of relative positions, `[2 R, C]`: parameters that the layers share. */
  relative?: tf.Tensor2D;
}

/**
 * A kind of encoder as its configuration defines it: which parameters it has and where it drops. Layers
 * count from 1.
 */
export interface EncoderDefinition<C extends EncoderShape> {
  /** What Hugging Face's checkpoints of a task may put in front of the names. */
  prefix: string;
  /**
   * Reads Hugging Face's `config.json`.
   *
   * @param where the file's path, for the errors
   * @param warn is given one line that lists the keys that nobody knows
   * @throws TypeError, listing each key, for one that is missing, out of bounds, or asks for what is not
   *   supported; RangeError for numbers that do not fit together
   */
  readConfig(json: object, where: string, warn: (line: string) => void): C;
  /** The `config.json` that says the same. */
  configJson(config: C): Record<string, unknown>;
  /** Tokens of the longest text that it reads, special ones included. */
  longestText(config: C): number;
  /** What an exit's pooler ends in. */
  poolerActivation(config: C): PoolerActivation;
  /** What comes before the first layer, in the order in which it is used. */
  embeddingParameters(config: C): ParameterSpec[];
  /** What all layers share. */
  sharedParameters(config: C): ParameterSpec[];
  /** What one layer has of its own, in the order in which it is used. */
  layerParameters(config: C, layer: number): ParameterSpec[];
  /** Where a layer drops, in the order in which it does. @param tokens those that are read */
  layerSites(config: C, layer: number, tokens: 1 | "T"): DropoutSite[];
}

/** What a kind of encoder computes. `P` is the tree of its parameters, see `encoderParams`. */
export interface EncoderComputation<C extends EncoderShape, P> {
  /** What comes before the first layer: `[B, T] -> [B, T, C]`. */
  embed(p: P, inputs: EncoderInputs, config: C, dropout: Dropout): tf.Tensor3D;
  /** What every layer reads beside the hidden states. @param attentionMask float32 `[B, T]` of 1 and 0 */
  context(p: P, attentionMask: tf.Tensor2D, config: C): LayerContext;
  /**
   * One layer, counted from 1: `[B, T, C] -> [B, T, C]`; for the first token alone, `-> [B, 1, C]`. What
   * it gives for padding nobody reads.
   */
  layer(
    p: P,
    layer: number,
    hidden: tf.Tensor3D,
    context: LayerContext,
    config: C,
    dropout: Dropout,
    read: TokensRead,
  ): tf.Tensor3D;
}
