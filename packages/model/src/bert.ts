import * as tf from "@tensorflow/tfjs";
import { attentionBias, selfAttention, type SelfAttentionParams } from "./attention.ts";
import type { BertConfig } from "./config.ts";
import type { Dropout } from "./dropout-sites.ts";
import {
  exitHead,
  type ExitParams,
  type Pooling,
  tokensRead,
  type TokensRead,
} from "./exit-head.ts";
import { gelu, layerNorm, type LayerNormParams, linear, type LinearParams } from "./layers.ts";

/** BERT's parameters: a tree whose paths are Hugging Face's names, plus `exits.N` for the exit after layer N. */
export interface BertParams<T = tf.Tensor> {
  embeddings: {
    word_embeddings: { weight: T };
    position_embeddings: { weight: T };
    token_type_embeddings: { weight: T };
    LayerNorm: LayerNormParams<T>;
  };
  /** By the layer's index, from 0, as Hugging Face counts. */
  encoder: { layer: Record<string, BertLayerParams<T>> };
  exits: Record<string, ExitParams<T>>;
}

/** The parameters of one layer, by Hugging Face's names. */
export interface BertLayerParams<T = tf.Tensor> {
  attention: {
    self: SelfAttentionParams<T>;
    output: { dense: LinearParams<T>; LayerNorm: LayerNormParams<T> };
  };
  intermediate: { dense: LinearParams<T> };
  output: { dense: LinearParams<T>; LayerNorm: LayerNormParams<T> };
}

/** One batch: B rows of T tokens. */
export interface BertInputs {
  /** int32 `[B, T]` */
  inputIds: tf.Tensor2D;
  /** int32 `[B, T]` */
  tokenTypeIds: tf.Tensor2D;
  /** float32 `[B, T]`: 1 for a token, 0 for padding */
  attentionMask: tf.Tensor2D;
}

/** How the encoder is run. */
export interface BertOptions {
  config: BertConfig;
  /** The layers that an exit reads, counted from 1, rising. The last is the last that runs. */
  exitLayers: readonly number[];
  pooling: Pooling;
  dropout?: Dropout;
  /** What the layers after an exit are given in place of its layer's output. */
  nextSegmentInput?: (hidden: tf.Tensor3D) => tf.Tensor3D;
}

/** A type alias and no interface, so that `tf.tidy` may return it. */
export type BertOutputs = {
  /** Of each exit, `[B, K]`. */
  logits: tf.Tensor2D[];
};

const noDropout: Dropout = (_site, x) => x;

/**
 * BERT with exits: the logits of each, `[B, K]`.
 *
 * Where exits read the first token, the last layer is computed for it alone: nobody reads the rest.
 *
 * The caller disposes of them; what lies between goes with a `tf.tidy` around the call.
 *
 * @throws RangeError if an exit layer is not within the encoder, or they do not rise, or the
 *   inputs' shapes differ
 *
 * Source: Devlin et al., arXiv:1810.04805; exits as in "Finding the SWEET Spot", arXiv:2306.02307.
 */
export function bert(p: BertParams, inputs: BertInputs, options: BertOptions): BertOutputs {
  const { config, exitLayers, pooling, dropout = noDropout, nextSegmentInput = (h) => h } = options;
  checkExitLayers(exitLayers, config.numHiddenLayers);
  checkInputs(inputs);
  const bias = attentionBias(inputs.attentionMask);
  let hidden = embed(p, inputs, config, dropout);
  const logits: tf.Tensor2D[] = [];
  const depth = exitLayers.at(-1);
  let done = 0;
  for (const layer of exitLayers) {
    for (; done < layer; done++) {
      const read = done + 1 === depth ? tokensRead(pooling) : "all";
      hidden = bertLayer(p, done + 1, hidden, bias, config, dropout, read);
    }
    logits.push(bertExit(p, layer, hidden, inputs.attentionMask, pooling, dropout));
    hidden = nextSegmentInput(hidden);
  }
  return { logits };
}

/**
 * The hidden states of a BERT without exits: of the embeddings and of each layer up to `depth`,
 * `[B, T, C]` each.
 *
 * @throws RangeError if the depth is not within the encoder, or the inputs' shapes differ
 */
export function bertHiddenStates(
  p: BertParams,
  inputs: BertInputs,
  config: BertConfig,
  depth: number = config.numHiddenLayers,
): tf.Tensor3D[] {
  if (!Number.isInteger(depth) || depth < 0 || depth > config.numHiddenLayers) {
    throw new RangeError(
      `bert: expected a depth from 0 to ${config.numHiddenLayers}, the encoder's, got ${depth}`,
    );
  }
  checkInputs(inputs);
  const bias = attentionBias(inputs.attentionMask);
  let hidden = embed(p, inputs, config);
  const hiddenStates = [hidden];
  for (let layer = 1; layer <= depth; layer++) {
    hidden = bertLayer(p, layer, hidden, bias, config);
    hiddenStates.push(hidden);
  }
  return hiddenStates;
}

/**
 * Token, position and segment embeddings, summed and normalised: `[B, T] -> [B, T, C]`. T is at most
 * `maxPositionEmbeddings`.
 */
export function embed(
  p: BertParams,
  inputs: BertInputs,
  config: BertConfig,
  dropout: Dropout = noDropout,
): tf.Tensor3D {
  const { word_embeddings, token_type_embeddings, position_embeddings } = p.embeddings;
  const words = lookUp(word_embeddings.weight, inputs.inputIds);
  const types = lookUp(token_type_embeddings.weight, inputs.tokenTypeIds);
  // [T, C]; added to each sequence
  const positions = tf.gather(
    position_embeddings.weight,
    tf.range(0, inputs.inputIds.shape[1], 1, "int32"),
  );
  const sum = tf.add(tf.add(words, types), positions) as tf.Tensor3D;
  return dropout("embeddings", layerNorm(p.embeddings.LayerNorm, sum, config.layerNormEps));
}

/** Rows of a table `[V, C]` by their ids: `[B, T] -> [B, T, C]`. */
function lookUp(table: tf.Tensor, ids: tf.Tensor2D): tf.Tensor3D {
  return tf.gather(table, ids.flatten()).reshape([...ids.shape, table.shape[1] ?? 0]);
}

/**
 * One transformer layer, `[B, T, C] -> [B, T, C]`; for the first token alone, `-> [B, 1, C]`.
 *
 * @param layer counted from 1
 * @param bias `[B, 1, 1, T]`, see `attentionBias`
 * @param read the tokens whose output anybody reads: a last layer's may be the first alone
 */
export function bertLayer(
  params: BertParams,
  layer: number,
  hidden: tf.Tensor3D,
  bias: tf.Tensor4D,
  config: BertConfig,
  dropout: Dropout = noDropout,
  read: TokensRead = "all",
): tf.Tensor3D {
  const p = params.encoder.layer[layer - 1];
  if (p === undefined) throw new RangeError(`bert: no parameters for layer ${layer}`);
  const [b, t, c] = hidden.shape;
  const all = hidden.reshape<tf.Tensor2D>([b * t, c]);
  const [length, x] =
    read === "all"
      ? [t, all]
      : [1, tf.slice(hidden, [0, 0, 0], [b, 1, c]).reshape<tf.Tensor2D>([b, c])];
  // Dropout's masks are [B, T, C]; the products want [B * T, C].
  const drop = (site: string, y: tf.Tensor2D) =>
    dropout(`layer.${layer}.${site}`, y.reshape<tf.Tensor3D>([b, length, c])).reshape<tf.Tensor2D>([
      b * length,
      c,
    ]);
  const context = selfAttention(
    p.attention.self,
    all,
    x,
    bias,
    config.numAttentionHeads,
    (probabilities) => dropout(`layer.${layer}.attention`, probabilities),
  );
  const attended = layerNorm(
    p.attention.output.LayerNorm,
    tf.add<tf.Tensor2D>(x, drop("attentionOutput", linear(p.attention.output.dense, context))),
    config.layerNormEps,
  );
  const fed = linear(p.output.dense, gelu(linear(p.intermediate.dense, attended)));
  const result = layerNorm(
    p.output.LayerNorm,
    tf.add<tf.Tensor2D>(attended, drop("output", fed)),
    config.layerNormEps,
  );
  return result.reshape<tf.Tensor3D>([b, length, c]);
}

/** The logits `[B, K]` of the exit after a layer, counted from 1. */
export function bertExit(
  params: BertParams,
  layer: number,
  hidden: tf.Tensor3D,
  attentionMask: tf.Tensor2D,
  pooling: Pooling,
  dropout: Dropout = noDropout,
): tf.Tensor2D {
  const p = params.exits[layer];
  if (p === undefined)
    throw new RangeError(`bert: no parameters for the exit after layer ${layer}`);
  return exitHead(p, hidden, attentionMask, pooling, (features) =>
    dropout(`exit.${layer}`, features),
  );
}

function checkInputs(inputs: BertInputs): void {
  const wanted = inputs.inputIds.shape;
  for (const name of ["tokenTypeIds", "attentionMask"] as const) {
    const { shape } = inputs[name];
    if (shape.join() !== wanted.join()) {
      throw new RangeError(
        `bert: ${name} must be [${wanted.join(", ")}] as inputIds are, got [${shape.join(", ")}]`,
      );
    }
  }
}

/** @throws RangeError if a layer is 0, repeated, out of order or past the depth */
export function checkExitLayers(exitLayers: readonly number[], depth: number): void {
  if (exitLayers.length === 0)
    throw new RangeError("exitLayers: expected one layer or more, got none");
  exitLayers.forEach((layer, i) => {
    if (!Number.isInteger(layer) || layer < 1 || layer > depth) {
      throw new RangeError(
        `exitLayers: expected layers from 1 to ${depth}, the encoder's depth, got ${layer}`,
      );
    }
    if (layer <= (exitLayers[i - 1] ?? 0)) {
      throw new RangeError(`exitLayers: must rise, each layer once, got ${exitLayers.join(", ")}`);
    }
  });
}
