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
 * With the normalised x̂, r = 1 / √(variance + ε) and the output's gradient dy, the input's gradient is
 * `r (dy w - mean(dy w) - x̂ mean(dy w x̂))`. It is written out because autodiff takes twice as many
 * passes over the numbers. In exported segments `fuseLayerNorm` of `@sweetspot/compile` finds the forward
 * operations in just this order.
 *
 * Source: Ba et al., arXiv:1607.06450; the variance is that of the population.
 */
export function layerNorm<T extends tf.Tensor>(p: LayerNormParams, x: T, epsilon: number): T {
  const channels = x.shape.at(-1) ?? 1;
  const rows: [number, number] = [x.size / channels, channels];
  const normalise = tf.customGrad((...given) => {
    const [input, weight, bias, save] = given as [
      tf.Tensor2D,
      tf.Tensor,
      tf.Tensor,
      tf.GradSaveFunc,
    ];
    const centred = tf.sub(input, tf.mean(input, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    const deviation = tf.sqrt(tf.add(variance, epsilon));
    const normalised = tf.div(centred, deviation);
    save([normalised, deviation, weight]);
    return {
      value: tf.add(tf.mul(normalised, weight), bias),
      gradFunc: (dy, saved) => layerNormGradients(dy as tf.Tensor2D, saved),
    };
  });
  return normalise(x.reshape<tf.Tensor2D>(rows), p.weight, p.bias).reshape(x.shape) as T;
}

/** The gradients of the input `[N, C]`, the weight and the bias, `[C]` each. */
function layerNormGradients(dy: tf.Tensor2D, saved: tf.Tensor[]): tf.Tensor[] {
  const [normalised, deviation, weight] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
  const channels = weight.size;
  const column = tf.div(weight, channels).reshape<tf.Tensor2D>([channels, 1]);
  const product = tf.mul<tf.Tensor2D>(dy, normalised);
  // [N, 1]
  const mean = tf.matMul(dy, column);
  const projection = tf.matMul(product, column);
  const centred = tf.sub(tf.mul(dy, weight), tf.add(tf.mul(normalised, projection), mean));
  return [tf.div(centred, deviation), tf.sum(product, 0), tf.sum(dy, 0)];
}

/**
 * `x Φ(x) = x/2 (1 + erf(x / √2))`, elementwise; its gradient `Φ(x) + x φ(x)`.
 *
 * Source: Hendrycks and Gimpel, arXiv:1606.08415.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  return tf.customGrad((...given) => {
    const [input, save] = given as [tf.Tensor, tf.GradSaveFunc];
    save([input]);
    return {
      value: tf.mul(tf.mul(input, 0.5), tf.add(tf.erf(tf.mul(input, Math.SQRT1_2)), 1)),
      gradFunc: (dy, saved) => tf.mul(dy, geluSlope(saved[0] as tf.Tensor)),
    };
  })(x) as T;
}

function geluSlope(x: tf.Tensor): tf.Tensor {
  const scaled = tf.mul(x, Math.SQRT1_2);
  const distribution = tf.mul(tf.add(tf.erf(scaled), 1), 0.5);
  const density = tf.exp(tf.sub(-0.5 * Math.log(2 * Math.PI), tf.square(scaled)));
  return tf.add(distribution, tf.mul(x, density));
}

/**
 * Drops numbers and scales the rest, which keeps the mean: `x * mask / keepProbability`.
 *
 * @param mask bool, of x's shape; false drops a number
 * @param keepProbability the probability that the mask is true, in (0, 1]
 */
export function dropout<T extends tf.Tensor>(x: T, mask: tf.Tensor, keepProbability: number): T {
  return tf.mul(x, tf.mul(tf.cast(mask, "float32"), 1 / keepProbability));
}
