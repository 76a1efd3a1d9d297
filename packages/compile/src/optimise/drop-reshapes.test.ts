import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { differs } from "../../test/same-numbers.ts";
import { removeDeadNodes } from "../graph/passes.ts";
import { type NamedTensors, trace } from "../trace/trace.ts";
import { dropReshapes } from "./drop-reshapes.ts";

const specs = { x: { dtype: "float32", shape: ["B", "T", 6] } } as const;

function both(fn: (x: tf.Tensor3D, b: number, t: number) => NamedTensors) {
  const graph = trace(({ x }) => fn(x as tf.Tensor3D, x.shape[0] ?? 0, x.shape[1] ?? 0), specs);
  const changed = removeDeadNodes(dropReshapes(graph));
  const operators = (g: typeof graph) => g.nodes.map((n) => n.op).join(" ");
  return { graph, changed, before: operators(graph), after: operators(changed) };
}

const sizes = [
  { B: 1, T: 1 },
  { B: 2, T: 5 },
  { B: 7, T: 3 },
];

describe("dropReshapes", () => {
  it("leaves out a reshape that the next undoes, and keeps the numbers", async () => {
    const { graph, changed, before, after } = both((x, b, t) => {
      const rows = tf.exp(x).reshape([b * t, 6]);
      const there = tf
        .sin(rows)
        .reshape([b, t, 6])
        .reshape([b * t, 6]);
      return { y: tf.cos(there).reshape([b, t, 6]) };
    });
    expect(before).toBe("Exp Reshape Sin Reshape Reshape Cos Reshape");
    // What a Sin's shape is, it does not know: a reshape stays.
    expect(after).toBe("Exp Reshape Sin Reshape Cos Reshape");
    expect(await differs(changed, graph, sizes)).toBeUndefined();
  });

  it("leaves out a reshape to the shape that a value has", async () => {
    const { graph, changed, before, after } = both((x, b, t) => {
      const rows = tf.mul(x.reshape([b * t, 6]), 2).reshape([b * t, 6]);
      return { y: tf.sin(rows.reshape([b, t, 6]).reshape([b * t, 6])) };
    });
    expect(before).toBe("Reshape Mul Reshape Reshape Reshape Sin");
    expect(after).toBe("Reshape Mul Sin");
    expect(await differs(changed, graph, sizes)).toBeUndefined();
  });

  it("keeps one that is a result, that changes the shape, or whose sizes only look alike", async () => {
    const { graph, changed, before, after } = both((x, b, t) => ({
      same: x.reshape([b, t, 6]),
      halves: tf.sin(x.reshape([b * t, 2, 3])),
      across: tf.sin(x.reshape([t, b, 6])),
    }));
    expect(after).toBe(before);
    expect(await differs(changed, graph, sizes)).toBeUndefined();
  });
});
