/** What the tests take the gradients of. */

import * as tf from "@tensorflow/tfjs";
import type { NamedTensors } from "../src/trace/trace.ts";

/** The value and its gradients with respect to the named inputs, as outputs of one function. */
export function withGradients(
  loss: (t: NamedTensors) => tf.Tensor,
  ...names: readonly string[]
): (t: NamedTensors) => NamedTensors {
  return (tensors) => {
    const { value, grads } = tf.valueAndGrads((...xs: tf.Tensor[]) => {
      const y = loss({ ...tensors, ...Object.fromEntries(xs.map((x, i) => [names[i], x])) });
      // Every number gets a weight of its own, so that none of them can be taken for another.
      const weights = tf.cos(tf.range(0, y.size)).reshape(y.shape);
      return tf.sum(tf.mul(y, weights)) as tf.Scalar;
    })(names.map((name) => tensors[name] as tf.Tensor));
    return {
      value,
      ...Object.fromEntries(grads.map((g, i) => [`gradient ${names[i]}`, g])),
    };
  };
}
