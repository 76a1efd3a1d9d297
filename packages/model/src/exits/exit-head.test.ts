import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { Pooling } from "./exit-definition.ts";
import { exitHead, type ExitParams } from "./exit-head.ts";

// [B, T, C] = [2, 3, 2]
const hidden = tf.tensor3d([
  [
    [1, 2],
    [3, 5],
    [100, 100],
  ],
  [
    [-1, 7],
    [100, 100],
    [100, 100],
  ],
]);
const attentionMask = tf.tensor2d([
  [1, 1, 0],
  [1, 0, 0],
]);
// [K, C] = [3, 2]
const classifier = {
  weight: tf.tensor2d([
    [1, 0],
    [0, 1],
    [1, 1],
  ]),
  bias: tf.tensor1d([0, 10, 0]),
};
const same = (features: tf.Tensor2D) => features;

describe("exitHead", () => {
  it("classifies the mean of the unmasked tokens", () => {
    const logits = exitHead({ classifier }, hidden, attentionMask, "mean", "tanh", same);
    expect(logits.arraySync()).toEqual([
      [2, 13.5, 5.5],
      [-1, 17, 6],
    ]);
  });

  it("classifies the first token itself, or tanh of a dense layer on the mean", () => {
    const read = (pooling: Pooling, p: ExitParams = { classifier }) =>
      exitHead(p, hidden, attentionMask, pooling, "tanh", same).arraySync();
    expect(read("first-token-linear")).toEqual([
      [1, 12, 3],
      [-1, 17, 6],
    ]);
    // The mean's halves: 2 and 3.5, then -1 and 7.
    const half = tf.mul<tf.Tensor2D>(tf.eye(2), 0.5);
    const pooler = { dense: { weight: half, bias: tf.tensor1d([0, 0]) } };
    const got = read("mean-pooler", { classifier, pooler });
    expect(got[0]?.[0]).toBeCloseTo(Math.tanh(1), 6);
    expect(got[0]?.[1]).toBeCloseTo(10 + Math.tanh(1.75), 6);
    expect(got[1]?.[2]).toBeCloseTo(Math.tanh(-0.5) + Math.tanh(3.5), 6);
  });

  it("classifies tanh of the first token's dense layer", () => {
    const pooler = {
      dense: {
        weight: tf.tensor2d([
          [0, 0.5],
          [0.1, 0],
        ]),
        bias: tf.tensor1d([0, 1]),
      },
    };
    const logits = exitHead(
      { classifier, pooler },
      hidden,
      attentionMask,
      "first-token",
      "tanh",
      same,
    );
    const want = [
      [Math.tanh(1), Math.tanh(1.1)],
      [Math.tanh(3.5), Math.tanh(0.9)],
    ].map(([a = NaN, b = NaN]) => [a, b + 10, a + b]);
    (logits.arraySync() as number[][]).forEach((row, i) =>
      row.forEach((x, k) => expect(x).toBeCloseTo(want[i]?.[k] ?? NaN, 5)),
    );
  });

  it("applies dropout to the features, right before the classifier", () => {
    const seen: number[][][] = [];
    const logits = exitHead({ classifier }, hidden, attentionMask, "mean", "tanh", (features) => {
      seen.push(features.arraySync() as number[][]);
      return tf.zerosLike(features);
    });
    expect(seen).toEqual([
      [
        [2, 3.5],
        [-1, 7],
      ],
    ]);
    expect(logits.arraySync()).toEqual([
      [0, 10, 0],
      [0, 10, 0],
    ]);
  });

  it("gives the classifier's bias for a row without tokens", () => {
    const logits = exitHead({ classifier }, hidden, tf.zeros([2, 3]), "mean", "tanh", same);
    expect(logits.arraySync()).toEqual([
      [0, 10, 0],
      [0, 10, 0],
    ]);
  });

  it("requires a pooler to read the first token", () => {
    expect(() =>
      exitHead({ classifier }, hidden, attentionMask, "first-token", "tanh", same),
    ).toThrow(new TypeError("exit head: the pooling needs pooler.dense"));
  });
});
