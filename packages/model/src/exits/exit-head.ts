import * as tf from "@tensorflow/tfjs";
import type { PoolerActivation } from "../encoders/encoder-kind.ts";
import { gelu, linear, type LinearParams } from "../encoders/layers/basic-layers.ts";
import type { Pooling } from "./exit-definition.ts";

/** An exit's parameters: a pooler `[C, C]` if it reads the first token, and a classifier `[K, C]`. */
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
 * @throws TypeError if the exit reads the first token and has no pooler
 */
export function exitHead(
  p: ExitParams,
  hidden: tf.Tensor3D,
  attentionMask: tf.Tensor2D,
  pooling: Pooling,
  activation: PoolerActivation,
  dropout: (features: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  return linear(p.classifier, dropout(pool(p, hidden, attentionMask, pooling, activation)));
}

function pool(
  p: ExitParams,
  hidden: tf.Tensor3D,
  attentionMask: tf.Tensor2D,
  pooling: Pooling,
  activation: PoolerActivation,
): tf.Tensor2D {
  const [b, t, c] = hidden.shape;
  if (pooling === "mean") {
    const total = tf.sum<tf.Tensor2D>(tf.mul(hidden, attentionMask.reshape([b, t, 1])), 1);
    return tf.div(total, tf.maximum(tf.sum(attentionMask, 1, true), 1e-9));
  }
  if (p.pooler === undefined)
    throw new TypeError("exit head: reading the first token needs pooler.dense");
  const first = tf.slice(hidden, [0, 0, 0], [b, 1, c]).reshape<tf.Tensor2D>([b, c]);
  const features = linear(p.pooler.dense, first);
  return activation === "tanh" ? tf.tanh(features) : gelu(features);
}
