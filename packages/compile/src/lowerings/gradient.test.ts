import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bool, f32, i32, mismatch, mismatchAt, waves } from "../../test/eager.ts";
import { withGradients } from "../../test/gradients.ts";
import type { NamedTensors } from "../trace/trace.ts";

const unary: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  abs: tf.abs,
  atan: tf.atan,
  clip: (x) => tf.clipByValue(x, -0.3, 0.4),
  cos: tf.cos,
  cumsum: (x) => tf.cumsum(x, 1, true, true),
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  log: (x) => tf.log(tf.add(x, 2)),
  log1p: tf.log1p,
  logSoftmax: tf.logSoftmax,
  logSumExp: (x) => tf.logSumExp(x, 1),
  max: (x) => tf.max(x, 0),
  mean: (x) => tf.mean(x, 1),
  "mean of all": (x) => tf.mean(x),
  min: (x) => tf.min(x, 1, true),
  pow: (x) => tf.pow(tf.add(x, 2), 1.5),
  reciprocal: (x) => tf.reciprocal(tf.add(x, 2)),
  relu: tf.relu,
  relu6: (x) => tf.relu6(tf.mul(x, 9)),
  reshape: (x) => tf.reshape(x, [x.size]),
  reverse: (x) => tf.reverse(x, 1),
  rsqrt: (x) => tf.rsqrt(tf.add(x, 2)),
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sin: tf.sin,
  slice: (x) => tf.slice(x, [0, 1], [x.shape[0] ?? 0, 2]),
  softmax: (x) => tf.softmax(x),
  softplus: tf.softplus,
  split: (x) =>
    tf.mul(
      ...(tf.split(
        tf.pad(x, [
          [0, 0],
          [0, x.shape[1] ?? 0],
        ]),
        2,
        1,
      ) as [tf.Tensor, tf.Tensor]),
    ),
  sqrt: (x) => tf.sqrt(tf.add(x, 2)),
  square: tf.square,
  stack: (x) => tf.stack([x, tf.mul(x, 2)], 1),
  sum: (x) => tf.sum(x, 0, true),
  tanh: tf.tanh,
  tile: (x) => tf.tile(x, [1, 2]),
  transpose: (x) => tf.transpose(x),
  unstack: (x) =>
    tf.mul(...(tf.unstack(tf.slice(x, [0, 0], [-1, 2]), 1) as [tf.Tensor, tf.Tensor])),
  "concat with itself": (x) => tf.concat([x, tf.square(x)], 1),
  "standard deviation": (x) => tf.sqrt(tf.add(tf.moments(x, 1).variance, 1e-3)),
  "huber loss": (x) => tf.losses.huberLoss(tf.zerosLike(x), x, undefined, 0.5),
};

describe("gradients", () => {
  // The gradient of erf and of tanh carries the approximations on, see elementwise.test.ts.
  const tolerance = { rtol: 1e-4, atol: 5e-6 };

  it.each(Object.keys(unary))("of %s agree with tfjs's own", async (name) => {
    const fn = unary[name] as (x: tf.Tensor) => tf.Tensor;
    expect(
      await mismatch(
        withGradients(({ x }) => fn(x as tf.Tensor), "x"),
        { x: waves([3, 5]) },
        tolerance,
      ),
    ).toBeUndefined();
  });

  it("of binary kernels agree where the operands broadcast", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
        ),
        fc.constantFrom<((d: number[]) => [number[], number[]])[]>(
          (d) => [d, d],
          ([p = 1, q = 1, r = 1]) => [[p, q, r], [r]],
          ([p = 1, q = 1, r = 1]) => [
            [q, 1],
            [p, 1, r],
          ],
          ([p = 1, q = 1, r = 1]) => [
            [p, q, r],
            [p, 1, 1],
          ],
          (d) => [[], d],
        ),
        async (sizes, shapes) => {
          const [a, b] = shapes(sizes);
          expect(
            await mismatch(
              ({ a, b }) => {
                const [x, y] = [a as tf.Tensor, b as tf.Tensor];
                const results = Object.entries({
                  add: withGradients(
                    ({ a, b }) => tf.add(a as tf.Tensor, b as tf.Tensor),
                    "a",
                    "b",
                  ),
                  sub: withGradients(
                    ({ a, b }) => tf.sub(a as tf.Tensor, b as tf.Tensor),
                    "a",
                    "b",
                  ),
                  mul: withGradients(
                    ({ a, b }) => tf.mul(a as tf.Tensor, b as tf.Tensor),
                    "a",
                    "b",
                  ),
                  div: withGradients(
                    ({ a, b }) => tf.div(a as tf.Tensor, tf.add(b as tf.Tensor, 2)),
                    "a",
                    "b",
                  ),
                  pow: withGradients(
                    ({ a, b }) => tf.pow(tf.add(a as tf.Tensor, 2), b as tf.Tensor),
                    "a",
                    "b",
                  ),
                }).flatMap(([name, fn]) =>
                  Object.entries(fn({ a: x, b: y })).map(([k, t]) => [`${name} ${k}`, t]),
                );
                return Object.fromEntries(results) as NamedTensors;
              },
              { a: waves(a, 1), b: waves(b, 2) },
              tolerance,
            ),
          ).toBeUndefined();
        },
      ),
      { numRuns: 20 },
    );
  });

  it("of products agree for each transposition", async () => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      expect(
        await mismatch(
          withGradients(
            ({ a, b }) => tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB),
            "a",
            "b",
          ),
          {
            a: waves(transposeA ? [2, 5, 3] : [2, 3, 5]),
            b: waves(transposeB ? [2, 7, 5] : [2, 5, 7], 2),
          },
        ),
      ).toBeUndefined();
    }
  });

  it("of a look-up add up where an index comes again, along any axis", async () => {
    for (const axis of [0, 1, -1]) {
      expect(
        await mismatch(
          withGradients(({ x, i }) => tf.gather(x as tf.Tensor, i as tf.Tensor2D, axis), "x"),
          { x: waves([3, 5, 3]), i: i32([2, 3], [0, 2, 2, 1, 0, 2]) },
        ),
      ).toBeUndefined();
    }
  });

  it("of a choice flow to what was chosen", async () => {
    expect(
      await mismatch(
        withGradients(
          ({ c, a, b }) => tf.where(c as tf.Tensor, tf.exp(a as tf.Tensor), b as tf.Tensor),
          "a",
          "b",
        ),
        { c: bool([2, 3], [1, 0, 1, 0, 0, 1]), a: waves([2, 3]), b: waves([2, 3], 2) },
      ),
    ).toBeUndefined();
  });

  it("of gradients agree: a function's curvature", async () => {
    const slope = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.tanh(x), tf.exp(x))));
    expect(
      await mismatch(
        withGradients(({ x }) => slope(x as tf.Tensor), "x"),
        { x: waves([4]) },
        tolerance,
      ),
    ).toBeUndefined();
  });

  it("stop where a custom gradient says so", async () => {
    const stop = tf.customGrad((x) => ({
      value: tf.clone(x as tf.Tensor),
      gradFunc: () => tf.zerosLike(x as tf.Tensor),
    }));
    expect(
      await mismatch(
        withGradients(({ x }) => tf.mul(stop(x as tf.Tensor), x as tf.Tensor), "x"),
        { x: f32([3], [1, 2, 3]) },
      ),
    ).toBeUndefined();
  });

  it("are tfjs's own where relu and abs have a corner", async () => {
    expect(
      await mismatch(
        withGradients(({ x }) => tf.add(tf.relu(x as tf.Tensor), tf.abs(x as tf.Tensor)), "x"),
        { x: f32([4], [0, -0, 1, -1]) },
      ),
    ).toBeUndefined();
  });

  it("hold at sizes of 1, where tfjs records other operations", async () => {
    const at = [1, 2, 7].flatMap((B) => [1, 3, 6].map((T) => ({ B, T })));
    expect(
      await mismatchAt(
        withGradients(
          ({ x, w, b, m }) => {
            const h = tf.add(tf.mul(x as tf.Tensor, w as tf.Tensor), b as tf.Tensor);
            const masked = tf.mul(h, tf.expandDims(m as tf.Tensor, 2));
            const centred = tf.sub(masked, tf.mean(masked, 1, true));
            return tf.div(tf.sum(tf.max(centred, 2)), tf.sum(m as tf.Tensor));
          },
          "x",
          "w",
          "b",
          "m",
        ),
        {
          x: { dtype: "float32", shape: ["B", "T", 5] },
          w: { dtype: "float32", shape: ["T", 5] },
          b: { dtype: "float32", shape: ["B", 1, 1] },
          m: { dtype: "float32", shape: ["B", "T"] },
        },
        at,
        (name, shape) => {
          const { data } = waves(shape, name.charCodeAt(0));
          return f32(
            shape,
            [...data].map((x) => (name === "m" ? 0.5 + Math.abs(x) : x)),
          );
        },
        tolerance,
      ),
    ).toBeUndefined();
  });
});
