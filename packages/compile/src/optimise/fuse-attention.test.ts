import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { differs, sizesOf } from "../../test/same-numbers.ts";
import { removeDeadNodes } from "../graph/passes.ts";
import { type NamedTensors, trace } from "../trace/trace.ts";
import { fuseAttention } from "./fuse-attention.ts";

const [heads, size] = [3, 4];

interface Variant {
  scale?: number;
  keepProbabilities?: boolean;
  /** The bias says what each token may look at, not only what all may. */
  causal?: boolean;
  layers?: number;
}

function both({
  scale = 0.5,
  keepProbabilities = false,
  causal = false,
  layers = 1,
}: Variant = {}) {
  const rows = { dtype: "float32", shape: ["B", "T", heads * size] } as const;
  const graph = trace(
    ({ query, key, value, mask }) => {
      const [b, t] = mask.shape as [number, number];
      const split = (x: tf.Tensor) =>
        tf.transpose(x.reshape<tf.Tensor4D>([b, t, heads, size]), [0, 2, 1, 3]);
      const bias = tf.mul(
        tf.sub(causal ? mask.reshape([b, 1, t, 1]) : mask.reshape([b, 1, 1, t]), 1),
        5,
      );
      const results: NamedTensors = {};
      let x: tf.Tensor = query;
      for (let layer = 0; layer < layers; layer++) {
        const scores = tf.mul(tf.matMul(split(x), split(key), false, true), scale);
        const probabilities = tf.softmax(tf.add(scores, bias));
        const context = tf.matMul(probabilities, split(value));
        x = tf.transpose(context, [0, 2, 1, 3]).reshape([b, t, heads * size]);
        if (keepProbabilities) results["probabilities"] = probabilities;
      }
      return { ...results, y: x };
    },
    { query: rows, key: rows, value: rows, mask: { dtype: "float32", shape: ["B", "T"] } },
  );
  const changed = removeDeadNodes(fuseAttention(graph));
  const count = (op: string) => changed.nodes.filter((n) => n.op === op).length;
  return { graph, changed, count };
}

const sizes = sizesOf([1, 1], [1, 7], [5, 2], [2, 11]);

describe("fuseAttention", () => {
  it("makes one node of the product, the softmax and the heads, with the same numbers", async () => {
    const { graph, changed, count } = both();
    expect([count("MultiHeadAttention"), count("Transpose"), count("Softmax")]).toEqual([1, 0, 0]);
    expect(changed.nodes.length).toBeLessThan(graph.nodes.length);
    expect(await differs(changed, graph, sizes)).toBeUndefined();
  });

  it("takes the scale as it is", async () => {
    const { graph, changed, count } = both({ scale: 1.75 });
    expect(count("MultiHeadAttention")).toBe(1);
    expect(await differs(changed, graph, [{ B: 2, T: 5 }])).toBeUndefined();
  });

  it("widens the bias once for all layers", async () => {
    const { graph, changed, count } = both({ layers: 3 });
    expect([count("MultiHeadAttention"), count("Expand")]).toEqual([3, 1]);
    expect(await differs(changed, graph, [{ B: 2, T: 5 }])).toBeUndefined();
  });

  it.each<[string, Variant]>([
    ["probabilities that are needed", { keepProbabilities: true }],
    ["a bias of another shape", { causal: true }],
  ])("leaves %s alone", (_, variant) => {
    const { graph, changed } = both(variant);
    expect(changed.nodes.map((n) => n.op)).toEqual(graph.nodes.map((n) => n.op));
  });
});
