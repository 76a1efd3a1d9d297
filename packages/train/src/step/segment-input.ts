import * as tf from "@tensorflow/tfjs";
import type { Objective } from "../objectives/objective.ts";

/** The input of the layers after an exit: its layer's numbers, with or without a gradient. */
export function segmentInput({
  isolated,
}: Pick<Objective, "isolated">): <T extends tf.Tensor>(x: T) => T {
  return isolated ? stopGradient : (x) => x;
}

/** The same numbers; a gradient of zero. */
function stopGradient<T extends tf.Tensor>(x: T): T {
  // The value must be a new tensor: given x itself, tfjs's tape would lead past the custom gradient.
  return tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: () => tf.zerosLike(value as tf.Tensor),
  }))(x) as T;
}

/** The same numbers; only a share of the gradient passes. @param share a scalar */
export function scaleGradient<T extends tf.Tensor>(x: T, share: tf.Tensor): T {
  return tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, share),
  }))(x) as T;
}
