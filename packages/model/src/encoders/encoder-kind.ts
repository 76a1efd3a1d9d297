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

/** What every layer reads besides the hidden states. */
export interface LayerContext {
  /** float32 `[B, T]` of 1 and 0. */
  attentionMask: tf.Tensor2D;
  /** Added to the attention scores, `[B, 1, 1, T]`: see `attentionBias`. */
  bias: tf.Tensor4D;
  /** The embeddings of relative positions, `[2 R, C]`: parameters that the layers share. */
  relative?: tf.Tensor2D;
}

/**
 * The definition of a kind of encoder: its configuration, its parameters and where it applies dropout.
 * It needs no tfjs. Layers count from 1.
 */
export interface EncoderDefinition<C extends EncoderShape> {
  /** What checkpoints of Hugging Face's task classes put in front of the names. */
  prefix: string;
  /**
   * Reads Hugging Face's `config.json`.
   *
   * @param where the file's path, for the errors
   * @param warn called with one line that lists the unknown keys
   * @throws TypeError that lists each key that is missing, out of bounds or asks for something
   *   unsupported; RangeError for numbers that do not fit together
   */
  readConfig(json: object, where: string, warn: (line: string) => void): C;
  /** The `config.json` of a configuration. */
  configJson(config: C): Record<string, unknown>;
  /** Tokens of the longest text that it reads, special tokens included. */
  longestText(config: C): number;
  /** The activation of an exit's pooler. */
  poolerActivation(config: C): PoolerActivation;
  /** The parameters of the embeddings, in order of use. */
  embeddingParameters(config: C): ParameterSpec[];
  /** The parameters that all layers share. */
  sharedParameters(config: C): ParameterSpec[];
  /** The parameters of one layer, in order of use. */
  layerParameters(config: C, layer: number): ParameterSpec[];
  /** Where a layer applies dropout, in order of use. @param tokens how many the layer computes */
  layerSites(config: C, layer: number, tokens: 1 | "T"): DropoutSite[];
}

/** The computation of a kind of encoder, in tfjs. `P` is the tree of its parameters, see `encoderParams`. */
export interface EncoderComputation<C extends EncoderShape, P> {
  /** The embeddings, the first layer's input: `[B, T] -> [B, T, C]`. */
  embed(p: P, inputs: EncoderInputs, config: C, dropout: Dropout): tf.Tensor3D;
  /** What every layer reads besides the hidden states. @param attentionMask float32 `[B, T]` of 1 and 0 */
  context(p: P, attentionMask: tf.Tensor2D, config: C): LayerContext;
  /**
   * One layer, counted from 1: `[B, T, C] -> [B, T, C]`, or `-> [B, 1, C]` for the first token alone. Its
   * output at padding is never read.
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
