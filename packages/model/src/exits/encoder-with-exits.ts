import type * as tf from "@tensorflow/tfjs";
import { computationOf } from "../encoders/computations.ts";
import { definitionOf, type EncoderConfig } from "../encoders/definitions.ts";
import type { EncoderInputs, LayerContext, TokensRead } from "../encoders/encoder-kind.ts";
import type { Dropout } from "../encoders/layers/dropout-sites.ts";
import { checkExitLayers, type Pooling, tokensRead } from "./exit-definition.ts";
import { exitHead } from "./exit-head.ts";
import type { EncoderParams } from "./parameter-tree.ts";

/** How an encoder with exits is run. */
export interface ExitOptions {
  config: EncoderConfig;
  /** The layers that an exit reads, counted from 1, rising. The last is the last that runs. */
  exitLayers: readonly number[];
  pooling: Pooling;
  dropout?: Dropout;
  /**
   * What the layers after an exit are given in place of what comes from before: its layer's output,
   * and the embeddings of relative positions where the layers share them.
   */
  nextSegmentInput?: <T extends tf.Tensor>(x: T) => T;
}

const noDropout: Dropout = (_site, x) => x;

/**
 * An encoder with exits: the logits of each, `[B, K]`.
 *
 * Where exits read the first token, the last layer is computed for it alone: nobody reads the rest.
 *
 * The caller disposes of them; what lies between goes with a `tf.tidy` around the call.
 *
 * @throws RangeError if an exit layer is not within the encoder, or they do not rise, or the
 *   inputs' shapes differ
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
 * The hidden states of an encoder without exits: of the embeddings and of each layer up to `depth`,
 * `[B, T, C]` each.
 *
 * The caller disposes of them; what lies between goes with a `tf.tidy` around the call.
 *
 * @throws RangeError if the depth is not within the encoder, or the inputs' shapes differ
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

/** What comes before the first layer: `[B, T] -> [B, T, C]`. T is at most `longestText`. */
export function embed(
  p: EncoderParams,
  inputs: EncoderInputs,
  config: EncoderConfig,
  dropout: Dropout = noDropout,
): tf.Tensor3D {
  return computationOf(config).embed(p, inputs, config, dropout);
}

/** What every layer reads beside the hidden states. @param attentionMask float32 `[B, T]` of 1 and 0 */
export function layerContext(
  p: EncoderParams,
  attentionMask: tf.Tensor2D,
  config: EncoderConfig,
): LayerContext {
  return computationOf(config).context(p, attentionMask, config);
}

/**
 * One layer, counted from 1: `[B, T, C] -> [B, T, C]`; for the first token alone, `-> [B, 1, C]`.
 *
 * @param read the tokens whose output anybody reads: a last layer's may be the first alone
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
 * @param hidden the layer's output, `[B, T, C]`; of an exit that reads the first token, `[B, 1, C]` will do
 * @param attentionMask float32 `[B, T]` of 1 and 0
 * @throws RangeError if there are no parameters for that exit; TypeError if it reads the first token and
 *   has no pooler
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
        `encoder: ${name} must be [${wanted.join(", ")}] as inputIds are, got [${shape.join(", ")}]`,
      );
    }
  }
}
