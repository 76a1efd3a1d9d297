import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f32, type HostTensor, i32, mismatch, mismatchAt, open, waves } from "../../test/eager.ts";
import { describeValue } from "../graph/graph.ts";
import { type NamedTensors, trace } from "./trace.ts";

const filled = tf.fill;
const vector = { x: { dtype: "float32", shape: ["N"] } } as const;
const batch = { x: { dtype: "float32", shape: ["B", "T", 3] } } as const;

/** Multi-head self-attention with residual, layer norm and gelu, as in BERT, and a pooled result. */
function block({ ids, mask, table, weight, out }: NamedTensors): NamedTensors {
  if (!ids || !mask || !table || !weight || !out) throw new Error("no input");
  const [b = 0, t = 0] = ids.shape;
  const [heads, c] = [2, 6];
  const x = tf.gather(table, ids.flatten()).reshape([b, t, c]);
  const positions = tf.gather(table, tf.range(0, t, 1, "int32"));
  const h = tf.add(x, positions).reshape([b * t, c]) as tf.Tensor2D;
  const split = (y: tf.Tensor) => tf.transpose(y.reshape([b, t, heads, c / heads]), [0, 2, 1, 3]);
  const [q, k, v] = tf.split(tf.matMul(h, weight as tf.Tensor2D), 3, 1).map(split) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const bias = tf.mul(tf.sub(mask, 1), 1e9).reshape([b, 1, 1, t]);
  const scores = tf.softmax(tf.add(tf.matMul(q, k, false, true), bias));
  const context = tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3]).reshape([b * t, c]);
  const mixed = tf.add(h, tf.matMul(context as tf.Tensor2D, out as tf.Tensor2D));
  const centred = tf.sub(mixed, tf.mean(mixed, -1, true));
  const normed = tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5)));
  const gelu = tf.mul(tf.mul(normed, 0.5), tf.add(tf.erf(tf.mul(normed, Math.SQRT1_2)), 1));
  const hidden = gelu.reshape([b, t, c]);
  const first = tf.slice(hidden, [0, 0, 0], [b, 1, c]).reshape([b, c]);
  const pooled = tf.div(tf.sum(tf.mul(hidden, mask.reshape([b, t, 1])), 1), tf.sum(mask, 1, true));
  return { hidden, first, pooled };
}

const blockSpecs = {
  ids: { dtype: "int32", shape: ["B", "T"] },
  mask: { dtype: "float32", shape: ["B", "T"] },
  table: { dtype: "float32", shape: [29, 6] },
  weight: { dtype: "float32", shape: [6, 18] },
  out: { dtype: "float32", shape: [6, 6] },
} as const;

function blockInput(name: string, shape: readonly number[]): HostTensor {
  const data = [...waves(shape, name.length).data];
  if (name === "ids")
    return i32(
      shape,
      data.map((_, i) => (i * 7) % 29),
    );
  // The first token is never masked.
  const length = shape[1] ?? 1;
  return f32(
    shape,
    name === "mask" ? data.map((x, i) => Number(i % length === 0 || x > -0.5)) : data,
  );
}

/** A block's loss and its gradients for all that is learned. */
function blockGradients(inputs: NamedTensors): NamedTensors {
  const names = ["table", "weight", "out"];
  const { value, grads } = tf.valueAndGrads((...learned: tf.Tensor[]) => {
    const given = { ...inputs, ...Object.fromEntries(learned.map((t, i) => [names[i], t])) };
    const { hidden, first, pooled } = block(given as NamedTensors);
    const [b = 0, t = 0] = hidden?.shape ?? [];
    return tf.addN([
      tf.mean(tf.square(hidden as tf.Tensor)),
      tf.div(tf.sum(tf.tanh(first as tf.Tensor)), b),
      tf.div(tf.sum(tf.logSoftmax(pooled as tf.Tensor)), b * t),
    ]) as tf.Scalar;
  })(names.map((n) => inputs[n] as tf.Tensor));
  return { value, ...Object.fromEntries(grads.map((g, i) => [`d ${names[i]}`, g])) };
}

const sizes = [
  { B: 1, T: 1 },
  { B: 1, T: 2 },
  { B: 2, T: 1 },
  { B: 2, T: 3 },
  { B: 6, T: 6 },
  { B: 13, T: 17 },
];

describe("a graph of dynamic sizes", () => {
  it("computes a self-attention block at sizes that were never traced", async () => {
    expect(
      await mismatchAt(block, blockSpecs, sizes, blockInput, { rtol: 1e-4, atol: 1e-5 }),
    ).toBeUndefined();
  });

  it("computes its gradients there too, at batch 1 and length 1 among others", async () => {
    expect(
      await mismatchAt(blockGradients, blockSpecs, sizes, blockInput, { rtol: 1e-4, atol: 1e-5 }),
    ).toBeUndefined();
  });

  it("computes them at any sizes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ B: fc.integer({ min: 1, max: 5 }), T: fc.integer({ min: 1, max: 9 }) }),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        async (at) => {
          expect(
            await mismatchAt(blockGradients, blockSpecs, at, blockInput, {
              rtol: 1e-4,
              atol: 1e-5,
            }),
          ).toBeUndefined();
        },
      ),
      { numRuns: 5 },
    );
  });

  it("has its dimensions", () => {
    const graph = trace(({ x }) => {
      const [b = 0, t = 0, c = 0] = x.shape;
      return {
        flat: x.reshape([b * t, c]),
        rest: tf.slice(x, [0, 1, 0], [b, t - 1, c]),
        square: tf.matMul(x, x, false, true),
        count: filled([b], t),
        longer: tf.concat([x, tf.zeros([b, 2, c])], 1),
      };
    }, batch);
    expect(graph.inputs.map(describeValue)).toEqual(["float32 [B, T, 3]"]);
    expect(Object.fromEntries(graph.outputs.map((o) => [o.name, describeValue(o)]))).toEqual({
      flat: "float32 [B * T, 3]",
      rest: "float32 [B, T - 1, 3]",
      square: "float32 [B, T, T]",
      count: "float32 [B]",
      longer: "float32 [B, T + 2, 3]",
    });
  });

  it("follows the sizes in fills, ranges, tiles, pads, one-hot and counts", async () => {
    expect(
      await mismatchAt(
        ({ x }) => {
          const t = x as tf.Tensor;
          const [b = 0, n = 0, c = 0] = t.shape;
          return {
            zeros: tf.zeros([b, n]),
            count: filled([2], b * n),
            scalar: tf.add(tf.scalar(n), tf.scalar(b * b, "int32")),
            range: tf.range(0, b * n, 1, "int32"),
            down: tf.range(n, 0, -1),
            tiled: tf.tile(tf.sum(t, 0), [b, 1]),
            padded: tf.pad(t, [
              [0, 0],
              [n, 1],
              [0, 0],
            ]),
            hot: tf.oneHot(tf.range(0, b, 1, "int32"), b + 1),
            mean: tf.mean(t),
            rest: tf.sum(tf.slice(t, [0, 0, 0], [b, n - 1, c])),
            wide: tf.broadcastTo(tf.mean(t, 1, true), [b, n, c]),
            std: tf.sqrt(tf.moments(t).variance),
          };
        },
        batch,
        sizes,
        (_, shape) => waves(shape),
      ),
    ).toBeUndefined();
  });
});

/** tfjs's local response normalisation, which is nowhere lowered, of a vector. */
function unlowered(x: tf.Tensor): tf.Tensor {
  return tf.localResponseNormalization(
    tf.expandDims(tf.expandDims(tf.expandDims(x, 0), 0), 0) as tf.Tensor4D,
  );
}

/** The same numbers, with a gradient that is nowhere lowered. */
const unloweredBack = tf.customGrad((x) => ({
  value: tf.neg(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.reshape(unlowered(dy), dy.shape),
}));

describe("an error names", () => {
  it("the kernel that has no lowering", () => {
    expect(() => trace(({ x }) => ({ y: unlowered(x) }), vector)).toThrow(
      "trace: the tfjs kernel LRN has no lowering",
    );
  });

  it("the kernel of a gradient that has none", () => {
    expect(() => trace(({ x }) => ({ y: tf.grad(unloweredBack)(x) }), vector)).toThrow(
      "trace: the tfjs kernel LRN has no lowering",
    );
  });

  it("the function that reads numbers", () => {
    expect(() =>
      trace(({ x }) => ({ y: tf.mul(x, tf.sum(x).dataSync()[0] ?? 0) }), vector),
    ).toThrow("trace: the function reads a tensor's numbers");
  });

  it("what cannot be unified, at the sizes where it was traced", () => {
    expect(() =>
      trace(({ x }) => ({ y: tf.slice(x, [0], [Math.ceil((x.shape[0] ?? 0) / 2)]) }), vector),
    ).toThrow(
      /kernel Slice \(Slice\) has a size of 3 at N=5, 4 at N=7, 2 at N=3, which is no constant times/,
    );
    expect(() =>
      trace(({ x }) => {
        const [b = 0, t = 0] = x.shape;
        return { y: tf.reshape(tf.zeros([b + t]), [b + t, 1]) };
      }, batch),
    ).toThrow(/kernel Reshape.*has a size of 16 at B=5, T=11, 20 at B=7, T=13, 20 at B=3, T=17/);
    expect(() =>
      trace(
        ({ x }) => ({
          y: tf.concat([x, tf.ones([7, 1, 3]).slice([0, 0, 0], [x.shape[0] ?? 0, 1, 3])], 1),
        }),
        batch,
      ),
    ).not.toThrow();
    expect(() =>
      trace(({ x }) => ({ y: tf.concat([x.flatten(), x.sum(0).flatten()]) }), batch),
    ).toThrow(/output y has a size of/);
  });

  it("a constant that changes with the sizes", () => {
    expect(() => trace(({ x }) => ({ y: tf.mul(x, 1 / (x.shape[0] ?? 1)) }), vector)).toThrow(
      "trace: kernel Multiply (Mul) uses a constant that differs between the sizes N=5; N=7; N=3; make it of whole numbers and tensors (tf.div(x, n), not tf.mul(x, 1 / n)",
    );
    expect(() =>
      trace(
        ({ x }) => ({
          y: tf.add(
            x,
            Array.from({ length: x.size }, (_, i) => i),
          ),
        }),
        vector,
      ),
    ).toThrow("kernel Add (Add) uses a constant that differs");
  });

  it("the kernel where the function does otherwise at another size", () => {
    expect(() =>
      trace(({ x }) => ({ y: x.shape[0] === 5 ? tf.exp(x) : tf.sin(x) }), vector),
    ).toThrow(
      "trace: the function does kernel Exp (Exp) at one size and kernel Sin (Sin) at another",
    );
    const third = ({ x }: NamedTensors) => ({
      y: x?.shape[0] === 3 ? tf.exp(x) : tf.sin(x as tf.Tensor),
    });
    expect(() => trace(third, vector)).toThrow("kernel Sin (Sin) at one size and kernel Exp (Exp)");
    expect(() => trace(({ x }) => ({ y: tf.addN(tf.unstack(x)) }), vector)).toThrow(
      /the function does kernel \w+ \(\w+\) at one size and/,
    );
  });

  it("the outputs that are otherwise at size 1, or a function that fails there", () => {
    expect(() => trace(({ x }) => ({ y: tf.squeeze(x) }), batch)).toThrow(
      "trace: the function does otherwise at B=1, T=1: expected the outputs y float32 [1, 1, 3], got y float32 [3]; name the axes",
    );
    expect(() => trace(({ x }) => ({ y: tf.slice(x, [0, 1, 0], [1, 1, 3]) }), batch)).toThrow(
      "trace: a size may be 1, but the function fails at B=1, T=1: ",
    );
  });

  it("the name or symbol that cannot be used", () => {
    expect(() => trace(({ x }) => ({ "a:b": x }), vector)).toThrow('got "a:b"');
    expect(() => trace((t) => t, { "": { dtype: "float32", shape: [] } })).toThrow('got ""');
    expect(() => trace((t) => t, { x: { dtype: "float32", shape: ["B*T"] } })).toThrow(
      'a symbol must be letters, digits and _, got "B*T"',
    );
    const shape = ["A", "B", "C", "D", "E"];
    expect(() => trace((t) => t, { x: { dtype: "float32", shape } })).toThrow(
      "trace: at most 4 symbols, got A, B, C, D, E",
    );
  });

  it("a result that is no tensors by name", () => {
    expect(() => trace((async () => ({})) as never, vector)).toThrow(
      "trace: the function must return tensors by name, got a promise",
    );
    expect(() => trace(() => ({}), vector)).toThrow("must return tensors by name, got none");
    expect(() => trace(() => ({ y: 3 }) as never, vector)).toThrow(
      'trace: the function must return tensors, got number for "y"',
    );
    expect(() => trace(() => ({ y: tf.tensor(["a"]) }), vector)).toThrow(
      "output y: expected float32, int32 or bool, got string",
    );
  });

  it("a trace inside a trace", () => {
    expect(() =>
      trace(({ x }) => {
        trace((t) => t, vector);
        return { x };
      }, vector),
    ).toThrow("trace: called inside another trace");
    expect(trace((t) => t, vector).inputs).toHaveLength(1);
  });

  it("a variable that the function makes or assigns to", () => {
    const variable = tf.variable(tf.scalar(1));
    expect(() =>
      trace(({ x }) => {
        variable.assign(tf.sum(x) as tf.Scalar);
        return { x };
      }, vector),
    ).toThrow("trace: the function makes a tf.variable or assigns to one");
    variable.dispose();
    const before = tf.memory().numTensors;
    expect(() =>
      trace(({ x }) => ({ y: tf.variable(x) }), { x: { dtype: "float32", shape: [2] } }),
    ).toThrow("trace: the function makes a tf.variable");
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("a trace leaves tfjs as it was", () => {
  /** What must be the same before and after. */
  const state = () => {
    tf.backend();
    const { numTensors, numDataBuffers } = tf.memory();
    return { backend: tf.getBackend(), numTensors, numDataBuffers };
  };

  it("after gradients, and with tensors that the function keeps", () => {
    const before = state();
    trace(({ x }) => {
      const kept = tf.keep(tf.exp(x));
      const { value, grads } = tf.valueAndGrads((a: tf.Tensor) => tf.sum(tf.mul(a, tf.tanh(a))))([
        x,
      ]);
      return { kept, value, slope: grads[0] as tf.Tensor };
    }, vector);
    expect(state()).toEqual(before);
    expect([...tf.tidy(() => tf.add([1, 2], 1).dataSync())]).toEqual([2, 3]);
  });

  it.each([
    ["forwards", ({ x }: NamedTensors) => ({ y: unlowered(x as tf.Tensor) })],
    [
      "within a gradient's function",
      ({ x }: NamedTensors) => ({
        y: tf.grad((a: tf.Tensor) => {
          tf.keep(tf.sin(a));
          return unlowered(tf.mul(a, tf.exp(a)));
        })(x as tf.Tensor),
      }),
    ],
    [
      "on the way back",
      ({ x }: NamedTensors) => ({
        y: tf.grad((a: tf.Tensor) => unloweredBack(tf.mul(a, tf.exp(a))))(x as tf.Tensor),
      }),
    ],
  ])("after an error %s", (_, fn) => {
    const before = state();
    expect(() => trace(fn, vector)).toThrow("no lowering");
    expect(state()).toEqual(before);
  });
});

describe("tensors from outside", () => {
  it("become constants, as often as there are traces, and stay of use", async () => {
    const w = tf.tensor1d([10, 20, 30]);
    // Views of the same numbers, in other shapes and dtypes.
    const column = w.reshape([3, 1]);
    const whole = tf.tensor1d([1, 2, 3], "int32");
    const asFloat = tf.cast(whole, "float32");
    const before = tf.memory().numTensors;
    const fn = ({ x }: NamedTensors) => ({
      row: tf.add(x as tf.Tensor, w),
      column: tf.matMul(x as tf.Tensor2D, column as tf.Tensor2D),
      whole: tf.add(whole, 1),
      float: tf.mul(asFloat, 0.5),
      itself: w,
    });
    const graph = trace(fn, { x: { dtype: "float32", shape: ["B", 3] } });
    const session = await open(graph);
    const got = await session.run({ x: f32([2, 3], [1, 2, 3, 4, 5, 6]) });
    await session.close();
    expect(Object.entries(got).map(([name, t]) => [name, t.shape, [...t.data]])).toEqual([
      ["row", [2, 3], [11, 22, 33, 14, 25, 36]],
      ["column", [2, 1], [140, 320]],
      ["whole", [3], [2, 3, 4]],
      ["float", [3], [0.5, 1, 1.5]],
      ["itself", [3], [10, 20, 30]],
    ]);
    expect(tf.memory().numTensors).toBe(before);
    // Disposing one view leaves the other.
    w.dispose();
    expect([...column.dataSync()]).toEqual([10, 20, 30]);
    expect([...asFloat.dataSync()]).toEqual([1, 2, 3]);
    tf.dispose([column, whole, asFloat]);
    expect(tf.memory().numTensors).toBe(before - 4);
  });

  it("variables among them", async () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    expect(
      await mismatch(({ x }) => ({ y: tf.mul(x as tf.Tensor, v) }), { x: f32([2], [3, 4]) }),
    ).toBeUndefined();
    v.assign(tf.tensor1d([5, 6]));
    expect([...v.dataSync()]).toEqual([5, 6]);
    v.dispose();
  });
});

describe("inputs and outputs", () => {
  it("keep their names; an output with an input's name stays separate", async () => {
    const graph = trace(({ x, unused }) => ({ x: tf.add(x, 1), again: x, y: x, unused }), {
      x: { dtype: "float32", shape: [1] },
      unused: { dtype: "int32", shape: [1] },
    });
    expect(graph.inputs.map((i) => i.name)).toEqual(["x", "unused"]);
    expect(graph.outputs.map((o) => o.name)).toEqual(["x:out", "again", "y", "unused:out"]);
    const session = await open(graph);
    const got = await session.run({ x: f32([1], [2]), unused: i32([1], [7]) });
    expect(Object.entries(got).map(([name, t]) => [name, ...t.data])).toEqual([
      ["x", 3],
      ["again", 2],
      ["y", 2],
      ["unused", 7],
    ]);
    await session.close();
  });

  it("may be named like anything that a graph holds", async () => {
    const names = ["v0", "c0", "s0", "d0", "i0", "loop", "steps", "Add_0", "state/x", "graph"];
    expect(
      await mismatch(
        (t) => Object.fromEntries(names.map((n) => [`${n}'`, tf.add(t[n] as tf.Tensor, 1)])),
        Object.fromEntries(names.map((n, i) => [n, f32([1], [i])])),
      ),
    ).toBeUndefined();
  });
});
