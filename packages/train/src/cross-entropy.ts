import * as tf from "@tensorflow/tfjs";

/**
 * The weighted mean of the examples' cross entropies, `sum(w * -log softmax(logits)[label]) / sum(w)`.
 * An example of weight 0 changes nothing, so a padded batch gives what an unpadded one does.
 *
 * @param logits `[B, K]`
 * @param labels int32 `[B]`, from 0 to K - 1
 * @param weights float32 `[B]`, not all 0
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  weights: tf.Tensor1D,
): tf.Scalar {
  const chosen = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels, logits.shape[1])), 1);
  return tf.neg(tf.div(tf.sum(tf.mul(chosen, weights)), tf.sum(weights)));
}
