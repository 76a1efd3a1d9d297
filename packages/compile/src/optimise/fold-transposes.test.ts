import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { differs } from "../../test/same-numbers.ts";
import { bindInputs, removeDeadNodes } from "../graph/passes.ts";
import { type NamedTensors, type TensorsOf, trace } from "../trace/trace.ts";
import { foldTransposes } from "./fold-transposes.ts";

const specs = {
  x: { dtype: "float32", shape: ["B", 2] },
  w: { dtype: "float32", shape: [3, 2] },
} as const;
type Given = TensorsOf<typeof specs>;
const product = ({ x, w }: Given) => ({
  y: tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D, false, true),
});
const weight = {
  dtype: "float32",
  shape: [3, 2],
  data: Float32Array.of(1, 2, 3, 4, 5, 6),
} as const;

function folded(fn: (given: Given) => NamedTensors, bound: boolean) {
  const traced = trace(fn, specs);
  const graph = bound ? bindInputs(traced, { w: weight }) : traced;
  return { graph, changed: removeDeadNodes(foldTransposes(graph)) };
}

describe("foldTransposes", () => {
  it("stores a weight as its product reads it, with the same numbers", async () => {
    const { graph, changed } = folded(product, true);
    expect(graph.nodes.map((n) => n.op)).toEqual(["Transpose", "MatMul"]);
    expect(changed.nodes.map((n) => n.op)).toEqual(["MatMul"]);
    expect([...changed.constants]).toEqual([
      [
        "w:transposed",
        { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 3, 5, 2, 4, 6) },
      ],
    ]);
    expect(await differs(changed, graph, [{ B: 1 }, { B: 7 }])).toBeUndefined();
  });

  it("keeps a weight that is also needed as it was", async () => {
    const { graph, changed } = folded(({ x, w }) => ({ ...product({ x, w }), z: tf.neg(w) }), true);
    expect([...changed.constants.keys()].sort()).toEqual(["w", "w:transposed"]);
    expect(await differs(changed, graph, [{ B: 5 }])).toBeUndefined();
  });

  it("leaves alone what is no constant, and a transpose that is an output", () => {
    expect(folded(product, false).changed.nodes.map((n) => n.op)).toContain("Transpose");
    const { changed } = folded(({ x, w }) => ({ y: tf.transpose(w), z: tf.neg(x) }), true);
    expect(changed.nodes.map((n) => n.op)).toEqual(["Transpose", "Neg"]);
  });
});
