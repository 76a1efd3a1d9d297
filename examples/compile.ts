import { compile, compileLoop } from "@sweetspot/compile/session";
import * as tf from "@tensorflow/tfjs";

// A network with one hidden layer, as a function of its parameters and its input.
const shapes = { w1: [2, 16], b1: [16], w2: [16, 2], b2: [2] } as const;
type Parameters = Record<keyof typeof shapes, tf.Tensor>;
const names = Object.keys(shapes) as (keyof Parameters)[];

function logits({ w1, b1, w2, b2 }: Parameters, x: tf.Tensor): tf.Tensor {
  return tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, w1), b1)), w2), b2);
}

// The inputs, each with a dtype and a shape. "B" is a size that may differ from run to run.
const byName = <T>(make: (name: keyof Parameters, i: number) => T) =>
  Object.fromEntries(names.map((name, i) => [name, make(name, i)])) as Record<keyof Parameters, T>;
const state = byName((name) => ({ dtype: "float32", shape: shapes[name] }) as const);
const points = { dtype: "float32", shape: ["B", 2] } as const;

// Training: a step is a pure function of the state and of what it reads; tfjs takes the gradients.
const loop = await compileLoop({
  state,
  initialState: byName((name) =>
    Float32Array.from({ length: tf.util.sizeFromShape([...shapes[name]]) }, (_, i) =>
      Math.cos(i * i),
    ),
  ),
  inputs: { x: points, labels: { dtype: "int32", shape: ["B"] } },
  step(parameters, { x, labels }) {
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
      tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(
        tf.oneHot(labels, 2),
        logits(
          byName((_, i) => values[i] as tf.Tensor),
          x,
        ),
      ),
    )(names.map((name) => parameters[name]));
    const next = byName((name, i) => tf.sub(parameters[name], tf.mul(grads[i] as tf.Tensor, 0.3)));
    return { state: next, outputs: { loss: value } };
  },
});

// Synthetic data: is a point inside the circle of radius 0.7? 2000 steps, each on a batch of 32 points.
const B = 32;
const batches = Array.from({ length: 2000 }, (_, step) => {
  const x = Float32Array.from({ length: 2 * B }, (_x, i) =>
    Math.sin((2 * B * step + i) ** 2 * 12.9898),
  );
  const labels = Int32Array.from({ length: B }, (_x, i) =>
    Number(Math.hypot(x[2 * i] ?? 0, x[2 * i + 1] ?? 0) < 0.7),
  );
  return { x, labels };
});
const losses = (await loop.run(batches, { B })).map(({ loss }) => loss?.[0]);
console.log(`loss ${losses.at(0)?.toFixed(3)} -> ${losses.at(-1)?.toFixed(3)}`);

// Inference: any function; here the trained parameters are inputs like any other.
const classify = await compile(
  ({ x, ...parameters }) => ({ probabilities: tf.softmax(logits(parameters, x)) }),
  { ...state, x: points },
);
const asked = Float32Array.of(0.1, 0.2, -0.9, 0.8, 0.5, 0);
const { probabilities } = await classify.run({ ...(await loop.state()), x: asked }, { B: 3 });
for (let i = 0; i < 3; i++)
  console.log(
    asked.subarray(2 * i, 2 * i + 2).join(", "),
    "inside:",
    probabilities?.[2 * i + 1]?.toFixed(3),
  );
await Promise.all([loop.dispose(), classify.dispose()]);
