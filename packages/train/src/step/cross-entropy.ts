import * as tf from "@tensorflow/tfjs";

/**
 * The weighted mean of the examples' cross entropies, `sum(w * -log softmax(logits)[label]) / sum(w)`.
 * An example of weight 0 changes nothing, so a padded batch gives the same value as an unpadded one.
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

/**
 * The weighted mean of the cross entropies with a teacher's answers,
 * `sum(w * -softmax(teacher / T) . log softmax(logits / T)) / sum(w)`: their Kullback-Leibler
 * divergence plus the teacher's own entropy, which has no gradient.
 *
 * @param logits `[B, K]`
 * @param teacher logits `[B, K]`; they get no gradient
 * @param weights float32 `[B]`, not all 0
 * @param temperature T, above 0
 *
 * Source: Hinton et al., arXiv:1503.02531.
 */
export function softCrossEntropy(
  logits: tf.Tensor2D,
  teacher: tf.Tensor2D,
  weights: tf.Tensor1D,
  temperature: number,
): tf.Scalar {
  const wanted = tf.softmax(tf.div(teacher, temperature));
  const each = tf.sum(tf.mul(wanted, tf.logSoftmax(tf.div(logits, temperature))), 1);
  return tf.neg(tf.div(tf.sum(tf.mul(each, weights)), tf.sum(weights)));
}
