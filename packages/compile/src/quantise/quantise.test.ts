import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { f32, i32, open, waves } from "../../test/eager.ts";
import type { Constant, Graph } from "../graph/graph.ts";
import { bindInputs } from "../graph/passes.ts";
import { optimiseInference } from "../optimise/optimise-inference.ts";
import { trace } from "../trace/trace.ts";
import { activationRanges, observeActivations } from "./observe-activations.ts";
import { quantise } from "./quantise.ts";

const K = 11;
const N = 5;

/** Two products of one activation, one with a bias, then a third; all weights bound. */
function smallGraph(): Graph {
  const specs = {
    x: { dtype: "float32", shape: ["B", K] },
    a: { dtype: "float32", shape: [N, K] },
    bias: { dtype: "float32", shape: [N] },
    b: { dtype: "float32", shape: [N, K] },
    head: { dtype: "float32", shape: [3, N] },
  } as const;
  const graph = trace(({ x, a, bias, b, head }) => {
    const one = tf.add(tf.matMul(x as tf.Tensor2D, a as tf.Tensor2D, false, true), bias);
    const two = tf.matMul(x as tf.Tensor2D, b as tf.Tensor2D, false, true);
    const sum = tf.tanh(tf.add(one, two)) as tf.Tensor2D;
    return { y: sum, logits: tf.matMul(sum, head as tf.Tensor2D, false, true) };
  }, specs);
  const constant = (shape: number[], seed: number): Constant => {
    const { data } = waves(shape, seed);
    // The last channel, which is large in `uneven`, has small weights.
    const small = (i: number) => (shape[1] === K && i % K === K - 1 ? 0.01 : 1);
    const values = Float32Array.from(data, (x, i) => Number(x) * small(i));
    return { dtype: "float32", shape, data: values };
  };
  return optimiseInference(
    bindInputs(graph, {
      a: constant([N, K], 1),
      bias: constant([N], 2),
      b: constant([N, K], 3),
      head: constant([3, N], 4),
    }),
  );
}

const isHead = { keepFloat: (name: string) => name.startsWith("head") };

async function run(graph: Graph, inputs: Record<string, ReturnType<typeof waves>>) {
  const session = await open(graph);
  try {
    return await session.run(inputs);
  } finally {
    await session.close();
  }
}

/** Numbers whose last channel is a hundred times larger than the others. */
function uneven(rows: number, seed: number) {
  const { data } = waves([rows, K], seed);
  return f32(
    [rows, K],
    Array.from(data, (x, i) => Number(x) * (i % K === K - 1 ? 100 : 1)),
  );
}

/** The small graph in int8, with the ranges of some rows. */
async function calibrated() {
  const graph = smallGraph();
  const given = { x: uneven(29, 5) };
  const ranges = activationRanges([await run(observeActivations(graph, isHead), given)]);
  return { graph, ranges, changed: quantise(graph, ranges, isHead) };
}

const largestOf = (xs: Iterable<number>) => Math.max(...Array.from(xs, Math.abs));

describe("observeActivations", () => {
  it("adds the largest size of each channel as an output", async () => {
    const graph = observeActivations(smallGraph(), isHead);
    const names = graph.outputs.map((o) => o.name);
    expect(names).toEqual(["y", "logits", "x:range"]);
    const x = uneven(7, 3);
    const { "x:range": range } = await run(graph, { x });
    const channel = (c: number) => Array.from(x.data, Number).filter((_, i) => i % K === c);
    expect([...(range?.data ?? [])]).toEqual(
      Array.from({ length: K }, (_, c) => largestOf(channel(c))),
    );
  });

  it("of several runs the largest counts", () => {
    const runs = [Float32Array.of(1, 5, 2), Float32Array.of(3, 4, 0.5)].map((data) => ({
      "x:range": { data },
      y: { data },
    }));
    expect([...activationRanges(runs)]).toEqual([["x", Float32Array.of(3, 5, 2)]]);
  });
});

describe("quantise", () => {
  it("makes one node of a product and its bias, and quantises an activation once", async () => {
    const { graph, changed } = await calibrated();
    const operators = (of: Graph) => of.nodes.map((n) => n.op);
    expect(operators(graph).filter((op) => op === "MatMul")).toHaveLength(3);
    expect(operators(changed)).toEqual([
      "Mul",
      "QuantizeLinear",
      "MatMulIntegerToFloat",
      "MatMulIntegerToFloat",
      ...operators(graph).slice(operators(graph).lastIndexOf("Add")),
    ]);
    expect(operators(changed)).toContain("MatMul");
    expect([...changed.constants.values()].map((c) => c.dtype)).toContain("int8");
  });

  it("gives the float32 numbers to a percent, in the small channels too", async () => {
    const { graph, changed } = await calibrated();
    // The large channel is silent here, so the others decide.
    const { data } = uneven(29, 5);
    const quiet = f32(
      [29, K],
      Array.from(data, (x, i) => (i % K === K - 1 ? 0 : Number(x))),
    );
    const [before, after] = [await run(graph, { x: quiet }), await run(changed, { x: quiet })];
    const [y, got] = [before["y"]?.data ?? [], after["y"]?.data ?? []];
    expect(got).toHaveLength(29 * N);
    const apart = Array.from(got, (x, i) => Number(x) - Number(y[i]));
    expect(largestOf(apart)).toBeGreaterThan(0);
    // One range for all channels, a hundred here, would leave them one step each way.
    expect(largestOf(apart)).toBeLessThan(0.05);
  });

  it("gives a row the same numbers in every batch", async () => {
    const { changed } = await calibrated();
    const x = uneven(13, 8);
    const { y: all } = await run(changed, { x });
    for (let i = 0; i < 13; i++) {
      const alone = f32([1, K], Array.from(x.data.slice(i * K, (i + 1) * K), Number));
      const { y: one } = await run(changed, { x: alone });
      expect([...(one?.data ?? [])]).toEqual([...(all?.data.slice(i * N, (i + 1) * N) ?? [])]);
    }
  });

  it("cuts off what is larger than its channel's range", async () => {
    const { changed, ranges } = await calibrated();
    const times = (by: number) =>
      f32(
        [1, K],
        Array.from(ranges.get("x") ?? [], (most) => by * most),
      );
    const at = async (by: number) => [...((await run(changed, { x: times(by) }))["y"]?.data ?? [])];
    expect(await at(5)).toEqual(await at(1));
    expect(await at(0.5)).not.toEqual(await at(1));
  });

  it("wants a finite range for each channel of each activation", async () => {
    const graph = smallGraph();
    const withRange = (range?: Float32Array) => () =>
      quantise(graph, new Map(range === undefined ? [] : [["x", range]]), isHead);
    expect(withRange()).toThrow(
      new RangeError("quantise: expected a range for each of 11 channels of x, got none"),
    );
    expect(withRange(new Float32Array(3))).toThrow(/each of 11 channels of x, got 3/);
    expect(withRange(new Float32Array(K).fill(NaN))).toThrow(/ranges of x must be finite, got NaN/);
  });

  it("stores a table in int8, with a scale for each row", async () => {
    const specs = {
      ids: { dtype: "int32", shape: ["B", "T"] },
      table: { dtype: "float32", shape: [7, K] },
    } as const;
    const traced = trace(
      ({ ids, table }) => ({ y: tf.gather(table as tf.Tensor2D, ids as tf.Tensor2D) }),
      specs,
    );
    const table = uneven(7, 2).data as Float32Array;
    const bound = { dtype: "float32", shape: [7, K], data: table } as const;
    const graph = bindInputs(traced, { table: bound });
    const kept = quantise(graph, new Map(), { keepFloat: (name) => name === "table" });
    expect(kept.nodes).toEqual(graph.nodes);
    const changed = quantise(graph, new Map());
    expect(changed.constants.has("table")).toBe(false);
    expect(changed.constants.get("table:int8")).toMatchObject({ dtype: "int8", shape: [7, K] });
    const ids = [6, 0, 3, 3];
    const { y } = await run(changed, { ids: i32([2, 2], ids) });
    const rows = ids.map((id) => table.slice(id * K, (id + 1) * K));
    for (const [i, row] of rows.entries()) {
      const got = Array.from(y?.data.slice(i * K, (i + 1) * K) ?? [], Number);
      const apart = got.map((x, c) => Math.abs(x - (row[c] ?? NaN)));
      expect(Math.max(...apart)).toBeLessThanOrEqual((largestOf(row) / 127) * 0.5001);
    }
  });
});
