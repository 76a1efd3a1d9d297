import type * as tf from "@tensorflow/tfjs";
import type { NamedTensors } from "../src/trace/trace.ts";

const activations = ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu", "prelu"] as const;

/** An activation as the functions of `tf.fused` take it. */
export interface FusedActivation {
  activation: (typeof activations)[number];
  preluActivationWeights?: tf.Tensor;
  leakyreluAlpha?: number;
}

/** The results of `fused` with each activation that tfjs knows; prelu's weights are the input `alpha`. */
export function eachActivation(
  fused: (activation: FusedActivation, tensors: NamedTensors) => tf.Tensor,
): (tensors: NamedTensors) => NamedTensors {
  return (tensors) =>
    Object.fromEntries(
      activations.map((activation) => {
        const given: FusedActivation = { activation };
        if (activation === "prelu") given.preluActivationWeights = tensors["alpha"] as tf.Tensor;
        if (activation === "leakyrelu") given.leakyreluAlpha = 0.3;
        return [activation, fused(given, tensors)];
      }),
    );
}
