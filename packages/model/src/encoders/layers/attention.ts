import * as tf from "@tensorflow/tfjs";
import { linear, type LinearParams } from "./basic-layers.ts";

/** The projections of self-attention, each `[C, C]` with a bias `[C]`. */
export interface SelfAttentionParams<T = tf.Tensor> {
  query: LinearParams<T>;
  key: LinearParams<T>;
  value: LinearParams<T>;
}

/**
 * Added to the attention scores: 0 at a token, -1e9 at padding.
 *
 * @param attentionMask float32 `[B, T]` of 1 and 0
 * @returns `[B, 1, 1, T]`
 */
export function attentionBias(attentionMask: tf.Tensor2D): tf.Tensor4D {
  const [b, t] = attentionMask.shape;
  return tf.mul(tf.sub(attentionMask.reshape<tf.Tensor4D>([b, 1, 1, t]), 1), 1e9);
}

/**
 * Multi-head scaled dot-product self-attention, up to and without the output projection:
 * `softmax(Q Kᵀ / √D + bias) V`, `[B * T, C] -> [B * Q, C]`.
 *
 * @param x B sequences of T tokens, end to end: the keys and values
 * @param asking Q tokens of each sequence, end to end: the queries
 * @param bias `[B, 1, 1, T]`, see `attentionBias`
 * @param dropProbabilities applied to the attention probabilities `[B, H, Q, T]`
 *
 * Source: Vaswani et al., arXiv:1706.03762; BERT, arXiv:1810.04805.
 */
export function selfAttention(
  p: SelfAttentionParams,
  x: tf.Tensor2D,
  asking: tf.Tensor2D,
  bias: tf.Tensor4D,
  heads: number,
  dropProbabilities: (probabilities: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor2D {
  const [b, , , t] = bias.shape;
  const [rows, c] = asking.shape;
  // [B * T, C] -> [B, T, H, D] -> [B, H, T, D]
  const split = (y: tf.Tensor2D, length: number) =>
    tf.transpose(y.reshape<tf.Tensor4D>([b, length, heads, c / heads]), [0, 2, 1, 3]);
  const query = split(linear(p.query, asking), rows / b);
  const key = split(linear(p.key, x), t);
  const value = split(linear(p.value, x), t);
  const scores = tf.add<tf.Tensor4D>(
    tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(c / heads)),
    bias,
  );
  const context = tf.matMul(dropProbabilities(tf.softmax(scores)), value);
  // [B, H, Q, D] -> [B, Q, H, D] -> [B * Q, C]
  return tf.transpose(context, [0, 2, 1, 3]).reshape<tf.Tensor2D>([rows, c]);
}
