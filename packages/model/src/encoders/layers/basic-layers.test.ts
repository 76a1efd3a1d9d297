import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialWeights } from "../../weights/initial-weights.ts";
import { dropout, gelu, layerNorm, linear } from "./basic-layers.ts";

/** Normal deviates that depend on the name alone. */
function normal(name: string, shape: readonly number[]): { host: Float32Array; tensor: tf.Tensor } {
  const made = initialWeights([{ name, shape, role: "weight" }], { initializerRange: 1 }, 1)[name];
  const host = made?.data as Float32Array;
  return { host, tensor: tf.tensor(host, [...shape]) };
}

const primes = fc.constantFrom(1, 2, 3, 5, 7, 11);

describe("linear", () => {
  it("is x Wᵀ + b for any shape", () => {
    fc.assert(
      fc.property(primes, primes, primes, (rows, inputs, outputs) => {
        const [x, w, b] = [
          normal("x", [rows, inputs]),
          normal("w", [outputs, inputs]),
          normal("b", [outputs]),
        ];
        const y = linear({ weight: w.tensor, bias: b.tensor }, x.tensor as tf.Tensor2D);
        expect(y.shape).toEqual([rows, outputs]);
        y.dataSync().forEach((got, at) => {
          const [r, o] = [Math.floor(at / outputs), at % outputs];
          let want = b.host[o] ?? NaN;
          for (let i = 0; i < inputs; i++)
            want += (x.host[r * inputs + i] ?? NaN) * (w.host[o * inputs + i] ?? NaN);
          expect(got).toBeCloseTo(want, 5);
        });
      }),
      { numRuns: 30 },
    );
  });
});

type OfThree = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => tf.Tensor;

/** The gradients of a weighted sum of a function's numbers, each of a weight of its own. */
function gradients(fn: OfThree, tensors: tf.Tensor[]): number[][] {
  const loss = (...[x, weight, bias]: tf.Tensor[]) => {
    const y = fn(x as tf.Tensor, weight as tf.Tensor, bias as tf.Tensor);
    return tf.sum(tf.mul(y, tf.cos(tf.range(0, y.size)).reshape(y.shape))) as tf.Scalar;
  };
  return tf
    .grads(loss)(tensors)
    .map((g) => Array.from(g.dataSync()));
}

/** The largest distance between numbers, in units of `1 + |want|`. */
function distance(got: number[][], want: number[][]): number {
  expect(got.map((g) => g.length)).toEqual(want.map((w) => w.length));
  const apart = want.flatMap((w, i) =>
    w.map((x, j) => Math.abs((got[i]?.[j] ?? NaN) - x) / (1 + Math.abs(x))),
  );
  return Math.max(...apart);
}

describe("layerNorm", () => {
  it("has the gradients of the formula by autodiff, for any shape", () => {
    const ours: OfThree = (x, weight, bias) => layerNorm({ weight, bias }, x, 1e-3);
    const formula: OfThree = (x, weight, bias) => {
      const { mean, variance } = tf.moments(x, -1, true);
      const deviation = tf.sqrt(tf.add(variance, 1e-3));
      return tf.add(tf.mul(tf.div(tf.sub(x, mean), deviation), weight), bias);
    };
    fc.assert(
      fc.property(primes, primes, fc.constantFrom(2, 3, 5, 13), (b, t, c) => {
        const tensors = [normal("x", [b, t, c]), normal("w", [c]), normal("s", [c])].map(
          (n) => n.tensor,
        );
        const [got, want] = [gradients(ours, tensors), gradients(formula, tensors)];
        expect(distance(got, want)).toBeLessThan(1e-4);
      }),
      { numRuns: 30 },
    );
  });

  it("normalises the last axis by the population variance, for any shape", () => {
    fc.assert(
      fc.property(primes, primes, fc.constantFrom(2, 3, 5, 13), (b, t, c) => {
        const [x, w, s] = [normal("x", [b, t, c]), normal("w", [c]), normal("s", [c])];
        const y = layerNorm({ weight: w.tensor, bias: s.tensor }, x.tensor, 1e-3);
        expect(y.shape).toEqual([b, t, c]);
        const got = y.dataSync();
        for (let row = 0; row < b * t; row++) {
          const numbers = Array.from(x.host.subarray(row * c, (row + 1) * c));
          const mean = numbers.reduce((sum, v) => sum + v, 0) / c;
          const variance = numbers.reduce((sum, v) => sum + (v - mean) ** 2, 0) / c;
          numbers.forEach((v, i) => {
            const want =
              ((v - mean) / Math.sqrt(variance + 1e-3)) * (w.host[i] ?? NaN) + (s.host[i] ?? NaN);
            expect(got[row * c + i]).toBeCloseTo(want, 4);
          });
        }
      }),
      { numRuns: 30 },
    );
  });

  it("gives the bias and a finite gradient if all numbers are equal", () => {
    const p = { weight: tf.tensor1d([2, 3, 5]), bias: tf.tensor1d([7, 11, 13]) };
    const f = (x: tf.Tensor): tf.Scalar => layerNorm(p, x, 1e-12).sum();
    const x = tf.mul(tf.ones([1, 3]), 4);
    expect(Array.from(layerNorm(p, x, 1e-12).dataSync())).toEqual([7, 11, 13]);
    tf.grad(f)(x)
      .dataSync()
      .forEach((g) => expect(Number.isFinite(g)).toBe(true));
  });
});

describe("gelu", () => {
  // x Φ(x) and its derivative Φ(x) + x φ(x), in double precision.
  const table = [
    { x: -3, value: -0.00404969409489031, slope: -0.01194566477 },
    { x: -1, value: -0.158655253931457, slope: -0.083315470587686 },
    { x: 0, value: 0, slope: 0.5 },
    { x: 0.5, value: 0.345731230637006, slope: 0.867495158 },
    { x: 1, value: 0.841344746068543, slope: 1.083315470587686 },
    { x: 2, value: 1.954499736103642, slope: 1.0852318 },
  ];

  it.each(table)("is x Φ(x) at $x, and so is its slope", ({ x, value, slope }) => {
    const at = tf.scalar(x);
    // tfjs's `cpu` approximates erf to 1.5e-7, which x scales.
    expect(gelu(at).dataSync()[0]).toBeCloseTo(value, 6);
    expect(
      tf
        .grad((v) => gelu(v))(at)
        .dataSync()[0],
    ).toBeCloseTo(slope, 6);
  });

  it("is x far above 0 and 0 far below, with slopes 1 and 0, up to float32's largest numbers", () => {
    for (const x of [100, 1e4, 1e19, 1e30, 3.4e38]) {
      expect(gelu(tf.scalar(x)).dataSync()[0]).toBe(Math.fround(x));
      expect(Math.abs(gelu(tf.scalar(-x)).dataSync()[0] ?? NaN)).toBe(0);
      const slope = tf.grad((v) => gelu(v));
      expect(slope(tf.scalar(x)).dataSync()[0]).toBe(1);
      expect(Math.abs(slope(tf.scalar(-x)).dataSync()[0] ?? NaN)).toBe(0);
    }
  });
});

describe("dropout", () => {
  const x = tf.tensor1d([1, -2, 3, -5, 7]);

  it("is the identity if the mask keeps everything", () => {
    const kept = dropout(x, tf.ones([5], "bool"), 1);
    expect(Array.from(kept.dataSync())).toEqual([1, -2, 3, -5, 7]);
  });

  it("drops numbers where the mask is false and divides the rest by the keep probability", () => {
    const mask = tf.tensor1d([true, false, true, true, false], "bool");
    expect(Array.from(dropout(x, mask, 0.5).dataSync())).toEqual([2, -0, 6, -10, 0]);
  });
});
