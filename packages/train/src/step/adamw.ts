import * as tf from "@tensorflow/tfjs";
import type { ParameterRole } from "@sweetspot/model";

const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

/** A parameter with its running means of the gradient and of its square. */
export interface AdamState {
  param: tf.Tensor;
  m: tf.Tensor;
  v: tf.Tensor;
}

/** The scalars that differ from step to step: see `adamWScalars`. */
export interface AdamScalars {
  /** `1 - learningRate * weightDecay` */
  keep: tf.Tensor;
  /** `learningRate * sqrt(1 - beta2^t) / (1 - beta1^t)` */
  stepSize: tf.Tensor;
  /** `epsilon * sqrt(1 - beta2^t)` */
  epsilon: tf.Tensor;
}

/** The scalars of a step; `stepInStage` counts from 0. */
export function adamWScalars(
  { rate, stepInStage }: { rate: number; stepInStage: number },
  weightDecay: number,
): Record<keyof AdamScalars, number> {
  const t = stepInStage + 1;
  const correction1 = 1 - beta1 ** t;
  const correction2 = Math.sqrt(1 - beta2 ** t);
  return {
    keep: 1 - rate * weightDecay,
    stepSize: (rate * correction2) / correction1,
    epsilon: epsilon * correction2,
  };
}

/** Whether weight decay acts on a parameter: it leaves biases and norms out. */
export function decays(role: ParameterRole): boolean {
  return role === "weight" || role === "embedding";
}

/**
 * One step of AdamW (decoupled decay, beta 0.9 and 0.999, epsilon 1e-8), the bias corrections
 * folded into the scalars.
 *
 * @param gradient of the parameter's shape
 * @param gradientScale scalar: the factor of clipping; by default 1
 *
 * Source: Loshchilov and Hutter, arXiv:1711.05101; agrees with torch.optim.AdamW.
 */
export function adamW(
  { param, m, v }: AdamState,
  gradient: tf.Tensor,
  scalars: AdamScalars,
  decay: boolean,
  gradientScale?: tf.Tensor,
): AdamState {
  const scaled = (factor: number) =>
    tf.mul(gradient, gradientScale === undefined ? factor : tf.mul(gradientScale, factor));
  const nextM = tf.add(tf.mul(m, beta1), scaled(1 - beta1));
  const nextV = tf.add(tf.mul(v, beta2), tf.square(scaled(Math.sqrt(1 - beta2))));
  const update = tf.mul(tf.div(nextM, tf.add(tf.sqrt(nextV), scalars.epsilon)), scalars.stepSize);
  const kept = decay ? tf.mul(param, scalars.keep) : param;
  return { param: tf.sub(kept, update), m: nextM, v: nextV };
}

/** The norm of all gradients together: `sqrt(sum of squares)`. */
export function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  return tf.sqrt(tf.addN(gradients.map((g) => tf.sum(tf.square(g))))) as tf.Scalar;
}

/** The factor that brings a global norm down to `maximum`: `min(1, maximum / (norm + 1e-6))`, as torch's clip_grad_norm_. */
export function clipScale(norm: tf.Scalar, maximum: number): tf.Scalar {
  return tf.minimum(tf.div(tf.scalar(maximum), tf.add(norm, 1e-6)), tf.scalar(1));
}
