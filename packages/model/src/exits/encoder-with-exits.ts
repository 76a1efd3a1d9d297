import type * as tf from "@tensorflow/tfjs";
import { computationOf } from "../encoders/computations.ts";
import { definitionOf, type EncoderConfig } from "../encoders/definitions.ts";
import type { EncoderInputs, LayerContext, TokensRead } from "../encoders/encoder-kind.ts";
import type { Dropout } from "../encoders/layers/dropout-sites.ts";
import { checkExitLayers, type Pooling, tokensRead } from "./exit-definition.ts";
import { exitHead } from "./exit-head.ts";
import type { EncoderParams } from "./parameter-tree.ts";

/** How to run an encoder with exits. */
export interface ExitOptions {
  config: EncoderConfig;
  /** The layers with an exit after them, counted from 1, rising. No layer after the last one runs. */
  exitLayers: readonly number[];
  pooling: Pooling;
  dropout?: Dropout;
  /**
   * Maps what the layers after an exit take from those before it: the output of the exit's layer, and
   * the embeddings of relative positions where layers share them. The identity by default.
   */
  nextSegmentInput?: <T extends tf.Tensor>(x: T) => T;
}

const noDropout: Dropout = (_site, x) => x;

/**
 * An encoder with exits: the logits of each, `[B, K]`.
 *
 * Where exits read the first token, the last layer is computed for that token alone.
 *
 * The caller disposes of them; a `tf.tidy` around the call disposes of what was computed on the way.
 *
 * @throws RangeError if an exit layer is outside the encoder, exit layers do not rise, or the shapes of
 *   the inputs differ
 *
 * Source: "Finding the SWEET Spot", arXiv:2306.02307.
 */
export function exitLogits(
  p: EncoderParams,
  inputs: EncoderInputs,
  options: ExitOptions,
): tf.Tensor2D[] {
  const { config, exitLayers, pooling, dropout = noDropout, nextSegmentInput = (x) => x } = options;
  checkExitLayers(exitLayers, config.numHiddenLayers);
  checkInputs(inputs);
  let context = layerContext(p, inputs.attentionMask, config);
  let hidden = embed(p, inputs, config, dropout);
  const logits: tf.Tensor2D[] = [];
  const depth = exitLayers.at(-1);
  let done = 0;
  for (const layer of exitLayers) {
    for (; done < layer; done++) {
      const read = done + 1 === depth ? tokensRead(pooling) : "all";
      hidden = encoderLayer(p, done + 1, hidden, context, config, dropout, read);
    }
    logits.push(exitAfter(p, layer, hidden, inputs.attentionMask, config, pooling, dropout));
    hidden = nextSegmentInput(hidden);
    const { relative } = context;
    if (relative !== undefined) context = { ...context, relative: nextSegmentInput(relative) };
  }
  return logits;
}

/**
 * The hidden states of an encoder without exits, `[B, T, C]` each: the embeddings, then the output of
 * each layer up to `depth`.
 *
 * The caller disposes of them; a `tf.tidy` around the call disposes of what was computed on the way.
 *
 * @throws RangeError if the depth is outside the encoder, or the shapes of the inputs differ
 */
export function hiddenStates(
  p: EncoderParams,
  inputs: EncoderInputs,
  config: EncoderConfig,
  depth: number = config.numHiddenLayers,
): tf.Tensor3D[] {
  if (!Number.isInteger(depth) || depth < 0 || depth > config.numHiddenLayers) {
    throw new RangeError(
      `encoder: expected a depth from 0 to ${config.numHiddenLayers}, the encoder's, got ${depth}`,
    );
  }
  checkInputs(inputs);
  const context = layerContext(p, inputs.attentionMask, config);
  let hidden = embed(p, inputs, config);
  const states = [hidden];
  for (let layer = 1; layer <= depth; layer++) {
    hidden = encoderLayer(p, layer, hidden, context, config);
    states.push(hidden);
  }
  return states;
}

/** The embeddings, the first layer's input: `[B, T] -> [B, T, C]`. T is at most `longestText`. */
export function embed(
  p: EncoderParams,
  inputs: EncoderInputs,
  config: EncoderConfig,
  dropout: Dropout = noDropout,
): tf.Tensor3D {
  return computationOf(config).embed(p, inputs, config, dropout);
}

/** What every layer reads besides the hidden states. @param attentionMask float32 `[B, T]` of 1 and 0 */
export function layerContext(
  p: EncoderParams,
  attentionMask: tf.Tensor2D,
  config: EncoderConfig,
): LayerContext {
  return computationOf(config).context(p, attentionMask, config);
}

/**
 * One layer, counted from 1: `[B, T, C] -> [B, T, C]`, or `-> [B, 1, C]` for the first token alone.
 *
 * @param read the tokens to compute: the last layer may need only the first
 */
export function encoderLayer(
  p: EncoderParams,
  layer: number,
  hidden: tf.Tensor3D,
  context: LayerContext,
  config: EncoderConfig,
  dropout: Dropout = noDropout,
  read: TokensRead = "all",
): tf.Tensor3D {
  return computationOf(config).layer(p, layer, hidden, context, config, dropout, read);
}

/**
 * The logits `[B, K]` of the exit after a layer, counted from 1.
 *
 * @param hidden the layer's output, `[B, T, C]`; `[B, 1, C]` is enough for an exit that reads the first token
 * @param attentionMask float32 `[B, T]` of 1 and 0
 * @throws RangeError if the exit has no parameters; TypeError if its head needs a pooler and has none
 */
export function exitAfter(
  params: EncoderParams,
  layer: number,
  hidden: tf.Tensor3D,
  attentionMask: tf.Tensor2D,
  config: EncoderConfig,
  pooling: Pooling,
  dropout: Dropout = noDropout,
): tf.Tensor2D {
  const p = params.exits[layer];
  if (p === undefined)
    throw new RangeError(`encoder: no parameters for the exit after layer ${layer}`);
  const activation = definitionOf(config).poolerActivation(config);
  const head = pooling === "shared-pooler" && params.pooler ? { ...p, pooler: params.pooler } : p;
  return exitHead(head, hidden, attentionMask, pooling, activation, (features) =>
    dropout(`exit.${layer}`, features),
  );
}

function checkInputs(inputs: EncoderInputs): void {
  const wanted = inputs.inputIds.shape;
  for (const name of ["tokenTypeIds", "attentionMask"] as const) {
    const { shape } = inputs[name];
    if (shape.join() !== wanted.join()) {
      throw new RangeError(
        `encoder: ${name} must be [${wanted.join(", ")}] like inputIds, got [${shape.join(", ")}]`,
      );
    }
  }
}
