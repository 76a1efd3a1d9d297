import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { elideOutputCopies } from "./elide-output-copies.ts";
import { compile } from "../session.ts";
import { trace } from "../trace/trace.ts";

describe("elideOutputCopies", () => {
  it("leaves no copy of what a node makes, and one of an input and of a value given twice", () => {
    const graph = trace(
      ({ x }) => {
        const y = tf.exp(x as tf.Tensor);
        return { same: x as tf.Tensor, y, again: y, z: tf.square(y) };
      },
      { x: { dtype: "float32", shape: ["B"] } },
    );
    const copies = graph.nodes.filter((n) => n.op === "Identity").map((n) => n.outputs[0]);
    expect(copies).toEqual(["same", "again"]);
    expect(graph.nodes.filter((n) => n.op !== "Identity").map((n) => n.outputs[0])).toEqual([
      "y",
      "z",
    ]);
    expect(elideOutputCopies(graph)).toEqual(graph);
  });

  it("keeps the numbers", async () => {
    const compiled = await compile(
      ({ x }) => {
        const y = tf.exp(x as tf.Tensor);
        return { same: x as tf.Tensor, y, again: y, z: tf.square(y) };
      },
      { x: { dtype: "float32", shape: ["B"] } },
    );
    const got = await compiled.run({ x: Float32Array.of(0, 1, -1) }, { B: 3 });
    expect(got["same"]).toEqual(Float32Array.of(0, 1, -1));
    [1, Math.E, 1 / Math.E].forEach((e, i) => {
      expect(got["y"]?.[i]).toBeCloseTo(e, 6);
      expect(got["again"]?.[i]).toBeCloseTo(e, 6);
      expect(got["z"]?.[i]).toBeCloseTo(e * e, 5);
    });
    await compiled.dispose();
  });
});
