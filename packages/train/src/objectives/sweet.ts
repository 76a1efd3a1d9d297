import * as tf from "@tensorflow/tfjs";
import type { Objective } from "./objective.ts";

/**
 * SWEET: one model whose every layer is updated by the next classifier above it alone. The forward
 * pass is early-exit's; gradients stop between an exit's layer and the layers after it.
 *
 * Source: "Finding the SWEET Spot", arXiv:2306.02307, section 4.
 */
export const sweet: Objective = {
  members: (exitLayers) => [[...exitLayers]],
  nextSegmentInput: stopGradient,
  isolated: true,
};

/** The same numbers; a gradient of zero. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  // The value must be a new tensor: given x itself, tfjs's tape would lead past the custom gradient.
  return tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: () => tf.zerosLike(value as tf.Tensor),
  }))(x) as T;
}

/** The same numbers; a gradient of which a share passes. @param share a scalar */
export function scaleGradient<T extends tf.Tensor>(x: T, share: tf.Tensor): T {
  return tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, share),
  }))(x) as T;
}
