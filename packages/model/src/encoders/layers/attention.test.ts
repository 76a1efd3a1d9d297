import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attentionBias, selfAttention, type SelfAttentionParams } from "./attention.ts";
import { initialWeights } from "../../weights/initial-weights.ts";

/** Normal deviates that depend on the name alone. */
function normal(name: string, shape: readonly number[]): tf.Tensor {
  const made = initialWeights([{ name, shape, role: "weight" }], { initializerRange: 1 }, 1)[name];
  return tf.tensor(made?.data as Float32Array, [...shape]);
}

function params(c: number): SelfAttentionParams {
  const dense = (name: string) => ({
    weight: normal(`${name}.w`, [c, c]),
    bias: normal(name, [c]),
  });
  return { query: dense("query"), key: dense("key"), value: dense("value") };
}

const keepAll = (probabilities: tf.Tensor4D) => probabilities;

/** The definition, one number at a time, in double precision. */
function closedForm(
  p: SelfAttentionParams,
  x: number[][][],
  mask: number[][],
  heads: number,
): number[] {
  const project = (which: keyof SelfAttentionParams) => {
    const weight = p[which].weight.arraySync() as number[][];
    const bias = p[which].bias.arraySync() as number[];
    return x.map((tokens) =>
      tokens.map((h) =>
        weight.map((row, o) => row.reduce((s, w, i) => s + w * (h[i] ?? NaN), bias[o] ?? NaN)),
      ),
    );
  };
  const [query, key, value] = [project("query"), project("key"), project("value")];
  const out: number[] = [];
  x.forEach((tokens, b) => {
    tokens.forEach((h, t) => {
      const d = h.length / heads;
      for (let c = 0; c < h.length; c++) {
        const head = Math.floor(c / d);
        const scores = tokens.map((_, u) => {
          if (mask[b]?.[u] === 0) return -Infinity;
          let score = 0;
          for (let i = head * d; i < (head + 1) * d; i++)
            score += (query[b]?.[t]?.[i] ?? NaN) * (key[b]?.[u]?.[i] ?? NaN);
          return score / Math.sqrt(d);
        });
        const top = Math.max(...scores);
        const weights = scores.map((s) => Math.exp(s - top));
        const total = weights.reduce((s, w) => s + w, 0);
        out.push(weights.reduce((s, w, u) => s + (w / total) * (value[b]?.[u]?.[c] ?? NaN), 0));
      }
    });
  });
  return out;
}

describe("selfAttention", () => {
  it("is softmax(QKᵀ/√D)V over the unmasked tokens for any shape and mask", () => {
    const sizes = fc.record({
      b: fc.constantFrom(1, 2, 3),
      t: fc.constantFrom(1, 2, 5, 7),
      heads: fc.constantFrom(1, 2, 3, 5),
      d: fc.constantFrom(1, 2, 3, 7),
      kept: fc.array(fc.boolean(), { minLength: 21, maxLength: 21 }),
    });
    fc.assert(
      fc.property(sizes, ({ b, t, heads, d, kept }) => {
        const c = heads * d;
        // Any token may be masked but a row's first.
        const mask = Array.from({ length: b }, (_, i) =>
          Array.from({ length: t }, (_t, j) => (j === 0 || kept[i * t + j] ? 1 : 0)),
        );
        const p = params(c);
        const x = normal("x", [b, t, c]) as tf.Tensor3D;
        const all = x.reshape<tf.Tensor2D>([b * t, c]);
        const bias = attentionBias(tf.tensor2d(mask));
        const got = selfAttention(p, all, all, bias, heads, keepAll);
        expect(got.shape).toEqual([b * t, c]);
        const want = closedForm(p, x.arraySync(), mask, heads);
        got.dataSync().forEach((v, i) => expect(v).toBeCloseTo(want[i] ?? NaN, 4));
        // The first tokens alone look at all, and see the same.
        const first = tf.slice(x, [0, 0, 0], [b, 1, c]).reshape<tf.Tensor2D>([b, c]);
        const seen = selfAttention(p, all, first, bias, heads, keepAll);
        expect(seen.shape).toEqual([b, c]);
        seen
          .dataSync()
          .forEach((v, i) =>
            expect(v).toBeCloseTo(want[Math.floor(i / c) * t * c + (i % c)] ?? NaN, 4),
          );
      }),
      { numRuns: 40 },
    );
  });

  it("applies dropout to the probabilities, [B, H, T, T]", () => {
    const [b, t, heads, c] = [2, 5, 3, 21];
    const shapes: number[][] = [];
    const bias = attentionBias(tf.ones([b, t]));
    const x = normal("x", [b * t, c]) as tf.Tensor2D;
    const y = selfAttention(params(c), x, x, bias, heads, (p) => {
      shapes.push(p.shape);
      p.sum(-1)
        .dataSync()
        .forEach((total) => expect(total).toBeCloseTo(1, 5));
      return tf.zerosLike(p);
    });
    expect(shapes).toEqual([[b, heads, t, t]]);
    y.dataSync().forEach((v) => expect(v).toBe(0));
  });

  it("stays finite, forward and backward, where scores are huge and where a whole row is masked", () => {
    const [b, t, heads, c] = [2, 3, 1, 2];
    const p = params(c);
    const mask = tf.tensor2d([
      [1, 1, 1],
      [0, 0, 0],
    ]);
    const f = (x: tf.Tensor): tf.Scalar =>
      selfAttention(
        p,
        x as tf.Tensor2D,
        x as tf.Tensor2D,
        attentionBias(mask),
        heads,
        keepAll,
      ).sum();
    for (const size of [1, 1e8, 1e15]) {
      const x = tf.mul(normal("x", [b * t, c]), size);
      expect(Number.isFinite(f(x).dataSync()[0])).toBe(true);
      tf.grad(f)(x)
        .dataSync()
        .forEach((g) => expect(Number.isFinite(g)).toBe(true));
    }
  });
});

describe("attentionBias", () => {
  it("is 0 at a token, and so low at padding that its probability is exactly 0", () => {
    const bias = attentionBias(tf.tensor2d([[1, 0, 1]]));
    expect(bias.shape).toEqual([1, 1, 1, 3]);
    expect(Array.from(bias.dataSync(), (x) => x + 0)).toEqual([0, -1e9, 0]);
    expect(tf.softmax(tf.add(bias, tf.tensor1d([-40, 40, -40]))).dataSync()[1]).toBe(0);
  });
});

describe("softmax at huge scores", () => {
  const probabilities = (scores: number[]) =>
    Array.from(tf.softmax(tf.tensor1d(scores)).dataSync());
  const gradient = (scores: number[]) => {
    const f = (x: tf.Tensor): tf.Scalar => tf.mul(tf.softmax(x), tf.tensor1d([1, 2, 3])).sum();
    return Array.from(tf.grad(f)(tf.tensor1d(scores)).dataSync());
  };

  it("is 1 for the highest score, with a gradient of zero", () => {
    expect(probabilities([1e30, -1e30, 0])).toEqual([1, 0, 0]);
    expect(gradient([1e30, -1e30, 0]).map(Math.abs)).toEqual([0, 0, 0]);
  });

  it("is shared by equal scores, with the same gradient as at 0", () => {
    expect(probabilities([1e30, 1e30, -1e30])).toEqual([0.5, 0.5, 0]);
    // p (w - Σ p w), with Σ p w = 1.5
    expect(gradient([1e30, 1e30, -1e30])).toEqual([-0.25, 0.25, 0]);
  });
});
