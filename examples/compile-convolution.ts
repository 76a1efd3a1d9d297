import { compile, compileLoop } from "@sweetspot/compile/session";
import * as tf from "@tensorflow/tfjs";

// A small convolutional network on images of 12 x 12 pixels: two filters of 3 x 3, pooling, a dense layer.
const shapes = {
  filter1: [3, 3, 1, 8],
  filter2: [3, 3, 8, 16],
  dense: [144, 2],
  bias: [2],
} as const;
type Parameters = Record<keyof typeof shapes, tf.Tensor>;
const names = Object.keys(shapes) as (keyof Parameters)[];

function logits({ filter1, filter2, dense, bias }: Parameters, images: tf.Tensor): tf.Tensor {
  const block = (x: tf.Tensor, filter: tf.Tensor) =>
    tf.maxPool(
      tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same")),
      2,
      2,
      "same",
    );
  const features = block(block(images, filter1), filter2);
  return tf.add(tf.matMul(tf.reshape(features, [-1, 144]), dense), bias);
}

const byName = <T>(make: (name: keyof Parameters, i: number) => T) =>
  Object.fromEntries(names.map((name, i) => [name, make(name, i)])) as Record<keyof Parameters, T>;
const state = byName((name) => ({ dtype: "float32", shape: shapes[name] }) as const);
const pixels = { dtype: "float32", shape: ["B", 12, 12, 1] } as const;

const loop = await compileLoop({
  state,
  initialState: byName((name) =>
    Float32Array.from(
      { length: tf.util.sizeFromShape([...shapes[name]]) },
      (_, i) => 0.2 * Math.cos(i * i),
    ),
  ),
  inputs: { images: pixels, labels: { dtype: "int32", shape: ["B"] } },
  step(parameters, { images, labels }) {
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
      tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(
        tf.oneHot(labels, 2),
        logits(
          byName((_, i) => values[i] as tf.Tensor),
          images,
        ),
      ),
    )(names.map((name) => parameters[name]));
    const next = byName((name, i) => tf.sub(parameters[name], tf.mul(grads[i] as tf.Tensor, 0.1)));
    return { state: next, outputs: { loss: value } };
  },
});

// Synthetic data: are the stripes of an image horizontal (0) or vertical (1)?
const drawn = (first: number, count: number) => {
  const labels = Int32Array.from({ length: count }, (_, n) => ((first + n) ** 2 % 3) % 2);
  const images = Float32Array.from({ length: count * 144 }, (_, i) => {
    const n = Math.floor(i / 144);
    const along = labels[n] === 1 ? i % 12 : Math.floor((i % 144) / 12);
    return Math.sin(along * (1 + (n % 5) / 4) + first + n) + 0.5 * Math.sin((first + i) ** 2);
  });
  return { images, labels };
};
const [steps, B] = [200, 16];
const batches = Array.from({ length: steps }, (_, step) => drawn(step * B, B));
const losses = (await loop.run(batches, { B })).map(({ loss }) => loss?.[0]);
console.log(`loss ${losses.at(0)?.toFixed(3)} -> ${losses.at(-1)?.toFixed(3)}`);

const classify = await compile(
  ({ images, ...parameters }) => ({ label: tf.argMax(logits(parameters, images), 1) }),
  { ...state, images: pixels },
);
const unseen = drawn(steps * B, 300);
const { label } = await classify.run(
  { ...(await loop.state()), images: unseen.images },
  { B: 300 },
);
const right = label?.filter((l, n) => l === unseen.labels[n]).length;
console.log(`${right} of 300 right`);
await Promise.all([loop.dispose(), classify.dispose()]);
