import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { compile, compileLoop, type LoopDefinition, startSession } from "./session.ts";
import { trace } from "./trace.ts";

const specs = {
  x: { dtype: "float32", shape: ["B", 2] },
  flags: { dtype: "bool", shape: ["B"] },
} as const;

function masked({ x, flags }: { x: tf.Tensor; flags: tf.Tensor }) {
  return {
    x: tf.mul(x, tf.expandDims(flags, 1)),
    whole: tf.cast(x, "int32"),
    any: tf.any(flags),
  };
}

describe("compile", () => {
  it("takes and gives arrays by name: float32, int32, and bytes for bools", async () => {
    const compiled = await compile(masked, specs, { threads: 1 });
    const inputs = { x: Float32Array.of(1.5, 2.5, 3.5, 4.5), flags: Uint8Array.of(0, 1) };
    expect(await compiled.run(inputs, { B: 2 })).toEqual({
      x: Float32Array.of(0, 0, 3.5, 4.5),
      whole: Int32Array.of(1, 2, 3, 4),
      any: Uint8Array.of(1),
    });
    expect(
      await compiled.run({ x: Float32Array.of(7, 8), flags: Uint8Array.of(0) }, { B: 1 }),
    ).toEqual({
      x: Float32Array.of(0, 0),
      whole: Int32Array.of(7, 8),
      any: Uint8Array.of(0),
    });
    expect(inputs.x).toEqual(Float32Array.of(1.5, 2.5, 3.5, 4.5));
    await compiled.dispose();
  });

  it("needs no sizes where no dimension is a symbol", async () => {
    const compiled = await startSession(
      trace(({ x }) => ({ y: tf.add(x, x) }), { x: { dtype: "int32", shape: [2] } }),
    );
    expect(await compiled.run({ x: Int32Array.of(1, 2) })).toEqual({ y: Int32Array.of(2, 4) });
    await compiled.dispose();
  });

  const x = Float32Array.of(1, 2, 3, 4);
  const flags = Uint8Array.of(0, 1);
  it.each<[string, Record<string, unknown>, Record<string, number>, string]>([
    ["a missing input", { x }, { B: 2 }, "run: input flags is missing"],
    [
      "an unknown input",
      { x, flags, mask: x },
      { B: 2 },
      "run: there is no input mask (has x, flags)",
    ],
    ["another count", { x, flags }, { B: 3 }, "run: input x must be [3, 2] = 6 numbers, got 4"],
    [
      "sizes that fit one input only",
      { x, flags: Uint8Array.of(0, 1, 1) },
      { B: 2 },
      "run: input flags must be [2] = 2 numbers, got 3",
    ],
    ["a missing size", { x, flags }, {}, "no size given for the dimension B"],
    [
      "a size that is none",
      { x, flags },
      { B: 0 },
      "run: the size B must be a whole number from 1 on, got 0",
    ],
    ["a broken size", { x, flags }, { B: 1.5 }, "from 1 on, got 1.5"],
    [
      "another dtype",
      { x: Int32Array.of(1, 2, 3, 4), flags },
      { B: 2 },
      "run: input x is float32: expected Float32Array, got Int32Array",
    ],
    ["a list of numbers", { x: [1, 2, 3, 4], flags }, { B: 2 }, "expected Float32Array, got Array"],
  ])("names %s", async (_, inputs, sizes, message) => {
    const compiled = await compile(masked, specs);
    await expect(compiled.run(inputs as never, sizes)).rejects.toThrow(message);
    expect(await compiled.run({ x, flags }, { B: 2 })).toHaveProperty("any");
    await compiled.dispose();
  });

  it("says that it has been disposed of; disposing again does nothing", async () => {
    const compiled = await compile(masked, specs);
    await compiled.dispose();
    await compiled.dispose();
    await expect(compiled.run({ x, flags }, { B: 2 })).rejects.toThrow(
      "run: the session has been disposed of; start another",
    );
  });

  it("passes on what ONNX Runtime says, with the kernel's name", async () => {
    const look = await compile(({ t, i }) => ({ y: tf.gather(t, i as tf.Tensor1D) }), {
      t: { dtype: "float32", shape: [3] },
      i: { dtype: "int32", shape: ["N"] },
    });
    const t = Float32Array.of(1, 2, 3);
    await expect(look.run({ t, i: Int32Array.of(5) }, { N: 1 })).rejects.toThrow(
      /GatherV2_\d+.*idx=5/s,
    );
    expect(await look.run({ t, i: Int32Array.of(2) }, { N: 1 })).toEqual({ y: Float32Array.of(3) });
    await look.dispose();
  });
});

const descent = {
  state: { w: { dtype: "float32", shape: [2] }, count: { dtype: "int32", shape: [] } },
  initialState: { w: Float32Array.of(1, 2), count: Int32Array.of(0) },
  inputs: { x: { dtype: "float32", shape: ["B", 2] } },
  step: ({ w, count }: { w: tf.Tensor; count: tf.Tensor }, { x }: { x: tf.Tensor }) => {
    const { value, grads } = tf.valueAndGrads((v: tf.Tensor) =>
      tf.mean(tf.square(tf.sum(tf.mul(x, v), 1))),
    )([w]);
    return {
      state: {
        count: tf.add(count, tf.scalar(1, "int32")),
        w: tf.sub(w, tf.mul(grads[0] as tf.Tensor, 0.1)),
      },
      outputs: { loss: value, w: tf.neg(w) },
    };
  },
} satisfies LoopDefinition;

/** Batches of 3 rows for six steps. */
const xs = Float32Array.from({ length: 6 * 3 * 2 }, (_, i) => Math.sin(i));

describe("compileLoop", () => {
  it("gives the same bytes however many steps a run holds", async () => {
    const runs = await Promise.all(
      [[6], [2, 4], [1, 1, 1, 1, 1, 1]].map(async (lengths) => {
        const loop = await compileLoop(descent);
        const losses: number[] = [];
        let at = 0;
        for (const steps of lengths) {
          const told = await loop.run({ x: xs.slice(at * 6, (at + steps) * 6) }, { steps, B: 3 });
          losses.push(...(told["loss"] ?? []));
          at += steps;
        }
        const state = await loop.state();
        await loop.dispose();
        return { losses, state };
      }),
    );
    expect(runs[0]?.losses).toHaveLength(6);
    expect(runs[0]?.state["count"]).toEqual(Int32Array.of(6));
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it("takes up where a state left off, as if it had never stopped", async () => {
    const [whole, first] = [await compileLoop(descent), await compileLoop(descent)];
    await whole.run({ x: xs }, { steps: 6, B: 3 });
    await first.run({ x: xs.slice(0, 18) }, { steps: 3, B: 3 });
    const second = await compileLoop({ ...descent, initialState: (await first.state()) as never });
    await second.run({ x: xs.slice(18) }, { steps: 3, B: 3 });
    expect(await second.state()).toEqual(await whole.state());
    for (const loop of [whole, first, second]) await loop.dispose();
  });

  it("takes other sizes from run to run", async () => {
    const loop = await compileLoop(descent);
    expect((await loop.run({ x: xs.slice(0, 8) }, { steps: 2, B: 2 }))["loss"]).toHaveLength(2);
    expect((await loop.run({ x: xs.slice(0, 2) }, { steps: 1, B: 1 }))["loss"]).toHaveLength(1);
    expect((await loop.run({ x: xs }, { steps: 1, B: 18 }))["w"]).toHaveLength(2);
    expect((await loop.state())["count"]).toEqual(Int32Array.of(4));
    await loop.dispose();
  });

  it("tells a result of a state's name apart from the state", async () => {
    const loop = await compileLoop(descent);
    const { w } = await loop.run({ x: xs.slice(0, 6) }, { steps: 1, B: 3 });
    expect(w).toEqual(Float32Array.of(-1, -2));
    expect((await loop.state())["w"]).not.toEqual(w);
    await loop.dispose();
  });

  it("never writes to the state that it was given, and keeps it where a run fails", async () => {
    const loop = await compileLoop(descent);
    await expect(loop.run({ x: xs }, { steps: 6, B: 2 })).rejects.toThrow(
      "run: input x must be [6, 2, 2] = 24 numbers, got 36",
    );
    await expect(loop.run({}, { steps: 1, B: 2 })).rejects.toThrow("run: input x is missing");
    await expect(loop.run({ x: xs }, { steps: 0, B: 2 })).rejects.toThrow("the size steps must be");
    expect(await loop.state()).toEqual({ w: Float32Array.of(1, 2), count: Int32Array.of(0) });
    await loop.run({ x: xs }, { steps: 6, B: 3 });
    expect(descent.initialState.w).toEqual(Float32Array.of(1, 2));
    await loop.dispose();
    await expect(loop.run({ x: xs }, { steps: 6, B: 3 })).rejects.toThrow("has been disposed of");
  });

  it("runs one at a time", async () => {
    const loop = await compileLoop(descent);
    const first = loop.run({ x: xs }, { steps: 6, B: 3 });
    await expect(loop.run({ x: xs }, { steps: 6, B: 3 })).rejects.toThrow(
      "run: the run before has not ended; await it",
    );
    await first;
    expect((await loop.state())["count"]).toEqual(Int32Array.of(6));
    await loop.dispose();
  });

  it.each<[string, Partial<LoopDefinition>, string]>([
    [
      "a missing part of the initial state",
      { initialState: { w: Float32Array.of(1, 2) } },
      "compileLoop: initialState count is missing",
    ],
    [
      "a part that is none",
      { initialState: { ...descent.initialState, v: Float32Array.of(1) } },
      'compileLoop: initialState has "v", which is no state (has w, count)',
    ],
    [
      "a part of another size",
      { initialState: { ...descent.initialState, w: Float32Array.of(1) } },
      "compileLoop: initialState w must be [2] = 2 numbers, got 1",
    ],
    [
      "a part of another dtype",
      { initialState: { ...descent.initialState, count: Float32Array.of(1) } },
      "compileLoop: initialState count is int32: expected Int32Array, got Float32Array",
    ],
    [
      "a symbol in the state",
      { state: { ...descent.state, w: { dtype: "float32", shape: ["B"] } } },
      'compileLoop: the state\'s shapes hold no symbols, got B in "w"',
    ],
    [
      "a part that the step leaves out",
      { step: ({ w }) => ({ state: { w: w as tf.Tensor }, outputs: {} }) },
      'compileLoop: "count" is missing from the step\'s new state (has w)',
    ],
    [
      "a part that the step makes up",
      { step: (state) => ({ state: { ...state, v: tf.scalar(0) }, outputs: {} }) },
      'compileLoop: the step returns "v" as state, which is none (has w, count)',
    ],
    [
      "a part whose dtype the step changes",
      { step: (state) => ({ state: { ...state, count: tf.scalar(0) }, outputs: {} }) },
      "scanLoop: state/count is state, but goes in as int32 [] and comes out as float32 []",
    ],
    [
      "a step that reads nothing",
      { inputs: {}, step: (state) => ({ state, outputs: {} }) },
      "scanLoop: a step must read",
    ],
  ])("names %s", async (_, change, message) => {
    await expect(compileLoop({ ...(descent as LoopDefinition), ...change })).rejects.toThrow(
      message,
    );
  });
});
