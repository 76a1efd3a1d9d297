import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bool, exact, f32, i32, mismatch, waves } from "../../test/eager.ts";
import { optimise } from "./optimise.ts";
import { type NamedTensors, type TensorSpecs, trace } from "../trace/trace.ts";

type Fn = (tensors: NamedTensors) => NamedTensors;

/** What pytorch's `gelu` is, as five kernels. */
const gelu = (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

/** The operators of a function's graph, as traced and as run. */
function operators(fn: Fn, specs: TensorSpecs): { traced: string[]; run: string[] } {
  const graph = trace(fn, specs);
  return {
    traced: graph.nodes.map((n) => n.op),
    run: optimise(graph).nodes.map((n) => n.op),
  };
}

const matrix = { x: { dtype: "float32", shape: ["B", "T"] } } as const;
const x = (tensors: NamedTensors) => tensors["x"] as tf.Tensor;

describe("each pass keeps the numbers and takes nodes away", () => {
  const cases: [name: string, fn: Fn, traced: number, run: string[]][] = [
    [
      "what is computed twice is computed once",
      (t) => ({ y: tf.add(tf.exp(tf.mul(x(t), 3)), tf.sin(tf.exp(tf.mul(x(t), 3)))) }),
      6,
      ["Mul", "Exp", "Sin", "Add"],
    ],
    ["a GELU", (t) => ({ y: gelu(x(t)) }), 5, ["Gelu"]],
    ["a sum of squares", (t) => ({ y: tf.sum(tf.square(x(t))) }), 2, ["ReduceSumSquare"]],
  ];
  it.each(cases)("%s", async (_, fn, traced, run) => {
    const found = operators(fn, matrix);
    expect(found.traced).toHaveLength(traced);
    expect(found.run).toEqual(run);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 3, 7), fc.constantFrom(1, 5, 11), async (b, c) => {
        expect(await mismatch(fn, { x: waves([b, c], b + c) })).toBeUndefined();
      }),
      { numRuns: 6 },
    );
  });

  it("a scaled mask", async () => {
    const fn: Fn = ({ x, mask }) => ({
      y: tf.mul(x as tf.Tensor, tf.mul(tf.cast(mask as tf.Tensor, "float32"), 1.25)),
    });
    const specs = { ...matrix, mask: { dtype: "bool", shape: ["B", "T"] } } as const;
    expect(operators(fn, specs)).toEqual({
      traced: ["Cast", "Mul", "Mul"],
      run: ["Cast", "DequantizeLinear", "Mul"],
    });
    // As many nodes, so `mismatch` would not run it.
    const inputs = { x: waves([2, 3]), mask: bool([2, 3], [1, 0, 0, 1, 1, 0]) };
    const twice: Fn = (t) => ({ ...fn(t), z: tf.sum(tf.square(x(t))) });
    expect(await mismatch(twice, inputs)).toBeUndefined();
  });
});

describe("sums", () => {
  it("of squares of whole numbers are whole", async () => {
    const inputs = { x: i32([2, 3], [1, -2, 3, 40, -50, 0]) };
    const fn: Fn = (t) => ({ all: tf.sum(tf.square(x(t))), rows: tf.sum(tf.square(x(t)), 1) });
    expect(await mismatch(fn, inputs)).toBeUndefined();
  });

  it("of rows keep NaN, infinities and huge numbers to their own columns", async () => {
    const numbers = [NaN, 1, 2, 3, Infinity, 1e38, 4, -Infinity, 5, 2e38, 6, 7, 1, 3e38, 8];
    const fn: Fn = (t) => ({ y: tf.sum(x(t), 0), kept: tf.sum(x(t), 0, true) });
    expect(await mismatch(fn, { x: f32([3, 5], numbers) })).toBeUndefined();
  });

  it.skipIf(!exact)("of no rows, or of no columns, are 0 or nothing", async () => {
    const fn: Fn = (t) => ({ y: tf.sum(x(t), 0) });
    expect(await mismatch(fn, { x: f32([0, 3], []) })).toBeUndefined();
    expect(await mismatch(fn, { x: f32([3, 0], []) })).toBeUndefined();
  });
});

describe("a pass leaves alone", () => {
  const unchanged: [name: string, fn: Fn][] = [
    [
      "a part of a GELU that something else needs",
      (t) => {
        const distribution = tf.add(tf.erf(tf.mul(x(t), Math.SQRT1_2)), 1);
        return { y: tf.mul(tf.mul(x(t), 0.5), distribution), distribution };
      },
    ],
    [
      "another scale than the GELU's",
      (t) => ({
        y: tf.mul(tf.mul(x(t), 0.25), tf.add(tf.erf(tf.mul(x(t), Math.SQRT1_2)), 1)),
      }),
    ],
    [
      "a GELU of two tensors",
      (t) => ({
        y: tf.mul(tf.mul(tf.sin(x(t)), 0.5), tf.add(tf.erf(tf.mul(x(t), Math.SQRT1_2)), 1)),
      }),
    ],
    [
      "a square that something else needs",
      (t) => {
        const square = tf.square(x(t));
        return { square, sum: tf.sum(square) };
      },
    ],
    ["the sum of a product", (t) => ({ y: tf.sum(tf.mul(x(t), tf.sin(x(t)))) })],
    ["equal nodes that are both results", (t) => ({ y: tf.exp(x(t)), z: tf.exp(x(t)) })],
    [
      "a scaled cast of what is no mask",
      (t) => ({
        y: tf.mul(tf.cast(tf.greater(x(t), 0), "float32"), 2),
      }),
    ],
  ];
  it.each(unchanged)("%s", (_, fn) => {
    const { traced, run } = operators(fn, matrix);
    expect(run).toEqual(traced);
  });
});

it("logs what each pass found", () => {
  const lines: string[] = [];
  const graph = trace((t: NamedTensors) => ({ y: gelu(x(t)), z: tf.sum(tf.square(x(t))) }), matrix);
  optimise(graph, { log: (line) => lines.push(line) });
  expect(lines).toEqual(["fuse GELU: 7 -> 3 nodes", "sum squares in one pass: 3 -> 2 nodes"]);
});
