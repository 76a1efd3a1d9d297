import * as tf from "@tensorflow/tfjs";

/** A fully connected layer as PyTorch stores it: weight `[out, in]`, bias `[out]`. */
export interface LinearParams<T = tf.Tensor> {
  weight: T;
  bias: T;
}

/** A layer norm's scale and shift, `[C]` each. */
export interface LayerNormParams<T = tf.Tensor> {
  weight: T;
  bias: T;
}

/** `x Wᵀ + b`: `[N, in] -> [N, out]`. */
export function linear(p: LinearParams, x: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.matMul(x, p.weight as tf.Tensor2D, false, true), p.bias);
}

/**
 * Normalises the last axis to mean 0 and variance 1, then scales and shifts it: `[..., C] -> [..., C]`.
 *
 * Source: Ba et al., arXiv:1607.06450; the variance is that of the population.
 */
export function layerNorm<T extends tf.Tensor>(p: LayerNormParams, x: T, epsilon: number): T {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const normalised = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(normalised, p.weight), p.bias);
}

/** `x Φ(x) = x/2 (1 + erf(x / √2))`, elementwise. Source: Hendrycks and Gimpel, arXiv:1606.08415. */
export function gelu<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/**
 * Drops numbers and scales the rest, so that the mean stays: `x * mask / keepProbability`.
 *
 * @param mask bool, of x's shape; false drops
 * @param keepProbability the probability that the mask is true, in (0, 1]
 */
export function dropout<T extends tf.Tensor>(x: T, mask: tf.Tensor, keepProbability: number): T {
  return tf.mul(x, tf.mul(tf.cast(mask, "float32"), 1 / keepProbability));
}
