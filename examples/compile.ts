import { compileLoop } from "@sweetspot/compile/session";
import * as tf from "@tensorflow/tfjs";

// y = 3 x1 - 2 x2 + 0.5, to be found from examples.
const loop = await compileLoop({
  state: {
    weight: { dtype: "float32", shape: [2, 1] },
    bias: { dtype: "float32", shape: [1] },
  },
  initialState: { weight: new Float32Array(2), bias: new Float32Array(1) },
  inputs: {
    x: { dtype: "float32", shape: ["B", 2] }, // "B": the batch may be of any size
    y: { dtype: "float32", shape: ["B", 1] },
  },
  step({ weight, bias }, { x, y }) {
    const { value, grads } = tf.valueAndGrads((w: tf.Tensor, b: tf.Tensor) =>
      tf.mean(tf.square(tf.sub(tf.add(tf.matMul(x, w), b), y))),
    )([weight, bias]);
    const [dWeight, dBias] = grads as [tf.Tensor, tf.Tensor];
    return {
      state: {
        weight: tf.sub(weight, tf.mul(dWeight, 0.5)),
        bias: tf.sub(bias, tf.mul(dBias, 0.5)),
      },
      outputs: { loss: value },
    };
  },
});

// 200 steps of 8 examples each, end to end.
const [steps, B] = [200, 8];
const x = Float32Array.from({ length: steps * B * 2 }, (_, i) => Math.sin(i * 12.9898));
const y = Float32Array.from(
  { length: steps * B },
  (_, i) => 3 * (x[2 * i] ?? 0) - 2 * (x[2 * i + 1] ?? 0) + 0.5,
);
const { loss } = await loop.run({ x, y }, { steps, B });
console.log(`loss ${loss?.[0]?.toFixed(3)} -> ${loss?.[steps - 1]?.toFixed(6)}`);
const { weight, bias } = await loop.state();
console.log("weight", weight, "bias", bias);
await loop.dispose();
