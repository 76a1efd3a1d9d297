import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { difference, f32, open } from "../../test/eager.ts";
import type { Graph } from "./graph.ts";
import { bindInputs, materialiseShapes, removeDeadNodes } from "./passes.ts";
import { trace } from "../trace/trace.ts";

const specs = {
  x: { dtype: "float32", shape: ["B", "T"] },
  w: { dtype: "float32", shape: [2] },
} as const;

describe("removeDeadNodes", () => {
  const live = trace(({ x }) => ({ y: tf.exp(x) }), { x: { dtype: "float32", shape: [3] } });
  const withDead: Graph = {
    ...live,
    nodes: [
      ...live.nodes,
      { op: "Sin", domain: "", inputs: ["x"], outputs: ["dead"], attributes: {}, kernel: "Sin" },
      {
        op: "Add",
        domain: "",
        inputs: ["dead", "c"],
        outputs: ["deader"],
        attributes: {},
        kernel: "Add",
      },
    ],
    constants: new Map([["c", { dtype: "float32", shape: [], data: Float32Array.of(1) }]]),
    shapes: new Map([["s", [1]]]),
  };

  it("removes what no output needs, and its constants, and keeps the inputs", () => {
    expect(removeDeadNodes(withDead)).toEqual(live);
    expect(withDead.nodes).toHaveLength(live.nodes.length + 2);
  });

  it("has been done by trace, also of a size that cannot be unified", () => {
    const graph = trace(({ x }) => {
      tf.slice(tf.sin(x), [0, 0], [1, Math.ceil((x.shape[1] ?? 0) / 2)]);
      return { y: tf.exp(x) };
    }, specs);
    expect(graph.nodes.map((n) => n.op)).toEqual(["Exp"]);
    expect(graph.inputs.map((i) => i.name)).toEqual(["x", "w"]);
    expect([graph.constants.size, graph.shapes.size]).toEqual([0, 0]);
  });
});

describe("bindInputs", () => {
  const graph = trace(({ x, w }) => ({ y: tf.mul(tf.sum(x), w) }), specs);
  const w = { dtype: "float32", shape: [2], data: Float32Array.of(3, 4) } as const;

  it("makes a constant of an input", async () => {
    const bound = bindInputs(graph, { w });
    expect(bound.inputs.map((i) => i.name)).toEqual(["x"]);
    const session = await open(bound);
    expect(
      difference(await session.run({ x: f32([1, 3], [1, 2, 3]) }), { y: f32([2], [18, 24]) }),
    ).toBeUndefined();
    await session.close();
    expect(graph.inputs).toHaveLength(2);
  });

  it.each([
    [
      "another shape",
      { w: { ...w, shape: [1, 2] } },
      "bindInputs: w must be float32 [2], got float32 [1, 2]",
    ],
    [
      "another dtype",
      { w: { ...w, dtype: "int32", data: Int32Array.of(1, 2) } as const },
      "got int32 [2]",
    ],
    [
      "another count",
      { w: { ...w, data: Float32Array.of(1) } },
      "bindInputs: w must hold 2 numbers, got 1",
    ],
    ["no input of that name", { v: w }, "bindInputs: there is no input v (has x, w)"],
    [
      "a dynamic input",
      { x: { ...w, shape: [1, 2] } },
      "bindInputs: x must be float32 [B, T], got float32 [1, 2]",
    ],
  ])("refuses %s", (_, values, message) => {
    expect(() => bindInputs(graph, values)).toThrow(message);
  });
});

describe("materialiseShapes", () => {
  const shapes: Graph["shapes"] = new Map([
    ["one", [1, 2]],
    ["same", [1, 2]],
    ["flat", [{ factor: 12, symbols: ["B", "T"] }, 2]],
    ["again", [{ factor: 12, symbols: ["B", "T"] }, 2]],
    ["less", [{ factor: 1, symbols: ["T"], offset: -1 }]],
    ["square", [{ factor: -3, symbols: ["B", "B", "T"], offset: 5 }]],
    ["plain", [{ factor: 1, symbols: ["T"] }]],
  ]);
  const names = [...shapes.keys()];
  const graph: Graph = {
    inputs: [
      { name: "t", dtype: "bool", shape: [{ factor: 1, symbols: ["T"] }] },
      { name: "b", dtype: "float32", shape: [3, { factor: 1, symbols: ["B"] }] },
    ],
    outputs: names.map((name) => ({
      name: `${name} out`,
      dtype: "int64",
      shape: [shapes.get(name)?.length ?? 0],
    })),
    nodes: names.map((name) => ({
      op: "Identity",
      domain: "",
      inputs: [name],
      outputs: [`${name} out`],
      attributes: {},
      kernel: "output",
    })),
    constants: new Map(),
    shapes,
  };

  it("computes each vector from the inputs' shapes", async () => {
    const session = await open(graph);
    const got = await session.run({
      t: { dtype: "bool", shape: [7], data: new Uint8Array(7) },
      b: f32(
        [3, 5],
        Array.from({ length: 15 }, () => 0),
      ),
    });
    await session.close();
    expect(Object.entries(got).map(([name, { data }]) => [name, [...data].map(Number)])).toEqual([
      ["one out", [1, 2]],
      ["same out", [1, 2]],
      ["flat out", [12 * 5 * 7, 2]],
      ["again out", [12 * 5 * 7, 2]],
      ["less out", [6]],
      ["square out", [-3 * 5 * 5 * 7 + 5]],
      ["plain out", [7]],
    ]);
  });

  it("computes equal vectors once, and leaves none behind", () => {
    const made = materialiseShapes(graph);
    expect(made.shapes.size).toBe(0);
    const input = (name: string) =>
      made.nodes.find((n) => n.outputs[0] === `${name} out`)?.inputs[0];
    expect(input("again")).toBe(input("flat"));
    expect(input("same")).toBe(input("one"));
    const literals = [...made.constants.values()].map((c) => `${c.dtype} ${c.data.join()}`);
    expect(literals.toSorted()).toEqual([...new Set(literals)].toSorted());
    expect(made.nodes.filter((n) => n.op === "Shape")).toHaveLength(2);
  });

  it("names a symbol that no input has", () => {
    const orphan: Graph = { ...graph, inputs: graph.inputs.slice(1) };
    expect(() => materialiseShapes(orphan)).toThrow("the size T is no input's dimension");
  });
});
