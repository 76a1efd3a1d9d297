import * as tf from "@tensorflow/tfjs";
import type { PoolerActivation } from "../encoders/encoder-kind.ts";
import { gelu, linear, type LinearParams } from "../encoders/layers/basic-layers.ts";
import type { TokensRead } from "../encoders/encoder-kind.ts";
import { headOf, type Pooling, tokensRead } from "./exit-definition.ts";

/** An exit's parameters: a pooler `[C, C]` if its head has one, and a classifier `[K, C]`. */
export interface ExitParams<T = tf.Tensor> {
  pooler?: { dense: LinearParams<T> };
  classifier: LinearParams<T>;
}

/**
 * The logits of one exit.
 *
 * @param hidden `[B, T, C]`; `[B, 1, C]` is enough for an exit that reads the first token
 * @param attentionMask float32 `[B, T]` of 1 and 0
 * @param activation after the pooler, if there is one
 * @returns `[B, K]`
 * @throws TypeError if the head needs a pooler and has none
 */
export function exitHead(
  p: ExitParams,
  hidden: tf.Tensor3D,
  attentionMask: tf.Tensor2D,
  pooling: Pooling,
  activation: PoolerActivation,
  dropout: (features: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  const features = readLayer(hidden, attentionMask, tokensRead(pooling));
  return linear(
    p.classifier,
    dropout(headOf(pooling) === "linear" ? features : pool(p, features, activation)),
  );
}

/**
 * What an exit reads of a layer: the first token's state, or the mean of the unmasked tokens.
 *
 * @param hidden `[B, T, C]`; `[B, 1, C]` is enough for the first token
 * @param attentionMask float32 `[B, T]` of 1 and 0
 * @returns `[B, C]`
 */
export function readLayer(
  hidden: tf.Tensor3D,
  attentionMask: tf.Tensor2D,
  reads: TokensRead,
): tf.Tensor2D {
  const [b, t, c] = hidden.shape;
  if (reads === "first") return tf.slice(hidden, [0, 0, 0], [b, 1, c]).reshape([b, c]);
  const total = tf.sum<tf.Tensor2D>(tf.mul(hidden, attentionMask.reshape([b, t, 1])), 1);
  return tf.div(total, tf.maximum(tf.sum(attentionMask, 1, true), 1e-9));
}

function pool(p: ExitParams, features: tf.Tensor2D, activation: PoolerActivation): tf.Tensor2D {
  if (p.pooler === undefined) throw new TypeError("exit head: the pooling needs pooler.dense");
  const pooled = linear(p.pooler.dense, features);
  return activation === "tanh" ? tf.tanh(pooled) : gelu(pooled);
}
