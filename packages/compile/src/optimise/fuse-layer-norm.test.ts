import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { differs } from "../../test/same-numbers.ts";
import { removeDeadNodes } from "../graph/passes.ts";
import { type NamedTensors, trace } from "../trace/trace.ts";
import { fuseLayerNorm } from "./fuse-layer-norm.ts";

interface Norm {
  axis?: number;
  root?: (x: tf.Tensor) => tf.Tensor;
  keepCentred?: boolean;
}

function norm(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor,
  { axis = -1, root = tf.sqrt, keepCentred = false }: Norm = {},
): NamedTensors {
  const centred = tf.sub(x, tf.mean(x, axis, true));
  const variance = tf.mean(tf.square(centred), axis, true);
  const normalised = tf.div(centred, root(tf.add(variance, 1e-5)));
  const y = tf.add(tf.mul(normalised, weight), bias);
  return keepCentred ? { y, centred } : { y };
}

function both(channels: number, specs: Record<string, (number | string)[]>, options: Norm = {}) {
  const vector = { dtype: "float32", shape: [channels] } as const;
  const x = { dtype: "float32", shape: specs["x"] ?? ["B", channels] } as const;
  const graph = trace((t) => norm(t.x, t.weight, t.bias, options), {
    x,
    weight: vector,
    bias: vector,
  });
  const changed = removeDeadNodes(fuseLayerNorm(graph));
  return { graph, changed, operators: changed.nodes.map((n) => n.op) };
}

describe("fuseLayerNorm", () => {
  it("makes one node of nine, with the same numbers", async () => {
    const { graph, changed, operators } = both(7, { x: ["B", 7] });
    expect(graph.nodes).toHaveLength(9);
    expect(operators).toEqual(["LayerNormalization"]);
    expect(await differs(changed, graph, [{ B: 1 }, { B: 5 }, { B: 13 }])).toBeUndefined();
  });

  it("over the last of three axes", async () => {
    const { graph, changed, operators } = both(5, { x: ["B", "T", 5] });
    expect(operators).toEqual(["LayerNormalization"]);
    const sizes = [
      { B: 1, T: 1 },
      { B: 3, T: 2 },
    ];
    expect(await differs(changed, graph, sizes)).toBeUndefined();
  });

  it.each<[string, Record<string, (number | string)[]>, Norm]>([
    ["another axis", { x: ["B", 3, 5] }, { axis: 1 }],
    ["two axes of three", { x: ["B", 3, 5] }, { axis: 0 }],
    ["another root", { x: ["B", 5] }, { root: tf.exp }],
  ])("leaves %s alone", (_, specs, options) => {
    const { graph, operators } = both(5, specs, options);
    expect(operators).toEqual(graph.nodes.map((n) => n.op));
  });

  it("computes what else is needed of its parts", async () => {
    const { graph, changed, operators } = both(5, { x: ["B", 5] }, { keepCentred: true });
    expect(operators).toContain("LayerNormalization");
    expect(operators).toContain("Sub");
    expect(await differs(changed, graph, [{ B: 4 }])).toBeUndefined();
  });
});
