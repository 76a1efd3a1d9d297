import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { inSteps } from "../../test/in-steps.ts";
import { compileLoop, eagerLoop, type LoopDefinition } from "../session.ts";
import { whyNoTfjsNode, whyNoWebgpu } from "../testing/devices.ts";

const tfjsNodeProblem = await whyNoTfjsNode();
const webgpuProblem = await whyNoWebgpu();

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
const sixSteps = inSteps({ x: xs }, 6);

const loops: [string, (definition: LoopDefinition) => ReturnType<typeof compileLoop>][] = [
  ["compileLoop", (definition) => compileLoop(definition)],
  ["compileLoop on webgpu", (definition) => compileLoop(definition, { device: "webgpu" })],
  ["eagerLoop", (definition) => eagerLoop(definition, { backend: "cpu" })],
  ["eagerLoop on tfjs-node", (definition) => eagerLoop(definition, { backend: "tensorflow" })],
];

const here = loops.filter(
  ([name]) =>
    !(name.endsWith("webgpu") && webgpuProblem !== undefined) &&
    !(name.endsWith("tfjs-node") && tfjsNodeProblem !== undefined),
);

describe.each(here)("%s", (_, open) => {
  it("does not change a state that was read, nor the initial state", async () => {
    const initialState = { w: Float32Array.of(1, 2), count: Int32Array.of(0) };
    const loop = await open({ ...descent, initialState });
    const run = (at: number) => loop.run([{ x: xs.slice(at * 6, at * 6 + 6) }], { B: 3 });
    for (let at = 0; at < 5; at++) {
      const state = await loop.state();
      const copy = { w: state["w"]?.slice(), count: state["count"]?.slice() };
      await run(at);
      expect(state).toEqual(copy);
    }
    expect((await loop.state())["count"]).toEqual(Int32Array.of(5));
    expect(initialState).toEqual({ w: Float32Array.of(1, 2), count: Int32Array.of(0) });
    await loop.dispose();
  });

  it("gives the same bytes however many steps a run holds", async () => {
    const runs = await Promise.all(
      [[6], [2, 4], [1, 1, 1, 1, 1, 1]].map(async (lengths) => {
        const loop = await open(descent);
        const losses: number[] = [];
        let at = 0;
        for (const steps of lengths) {
          const outputs = await loop.run(sixSteps.slice(at, at + steps), { B: 3 });
          losses.push(...outputs.flatMap(({ loss = [] }) => [...loss]));
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

  it("gives the same bytes whether or not the steps' arrays share a buffer", async () => {
    const apart = sixSteps.map(({ x = new Float32Array(0) }) => ({ x: x.slice() }));
    const reversed = inSteps({ x: xs.slice() }, 6).toReversed();
    const [first, second, third] = await Promise.all(
      [sixSteps, apart, reversed].map(async (steps) => {
        const loop = await open(descent);
        const outputs = await loop.run(steps, { B: 3 });
        const state = await loop.state();
        await loop.dispose();
        return { outputs, state };
      }),
    );
    expect(second).toEqual(first);
    expect(third?.outputs).not.toEqual(first?.outputs);
  });

  it("resumes from a state as if it had never stopped", async () => {
    const [whole, first] = [await open(descent), await open(descent)];
    await whole.run(sixSteps, { B: 3 });
    await first.run(sixSteps.slice(0, 3), { B: 3 });
    const second = await open({ ...descent, initialState: (await first.state()) as never });
    await second.run(sixSteps.slice(3), { B: 3 });
    expect(await second.state()).toEqual(await whole.state());
    for (const loop of [whole, first, second]) await loop.dispose();
  });

  it("takes other sizes from run to run", async () => {
    const loop = await open(descent);
    expect(await loop.run(inSteps({ x: xs.slice(0, 8) }, 2), { B: 2 })).toHaveLength(2);
    expect(await loop.run([{ x: xs.slice(0, 2) }], { B: 1 })).toHaveLength(1);
    const [outputs] = await loop.run([{ x: xs }], { B: 18 });
    expect(outputs?.["loss"]).toHaveLength(1);
    expect(outputs?.["w"]).toHaveLength(2);
    expect((await loop.state())["count"]).toEqual(Int32Array.of(4));
    await loop.dispose();
  });

  it("keeps a result apart from a tensor of the state with the same name", async () => {
    const loop = await open(descent);
    const [outputs] = await loop.run(sixSteps.slice(0, 1), { B: 3 });
    const w = outputs?.["w"];
    expect(w).toEqual(Float32Array.of(-1, -2));
    expect((await loop.state())["w"]).not.toEqual(w);
    await loop.dispose();
  });

  it("never writes to the initial state, and keeps the state if a run fails", async () => {
    const loop = await open(descent);
    await expect(loop.run(sixSteps, { B: 2 })).rejects.toThrow(
      "run: input x must be [2, 2] = 4 numbers, got 6",
    );
    await expect(loop.run([...sixSteps, {}], { B: 3 })).rejects.toThrow("run: input x is missing");
    await expect(loop.run([{ x: xs, y: xs }], { B: 18 })).rejects.toThrow("there is no input y");
    await expect(loop.run([], { B: 3 })).rejects.toThrow(
      "run: expected one step or more, got none",
    );
    await expect(loop.run(sixSteps, { B: 0 })).rejects.toThrow("the size B must be");
    expect(await loop.state()).toEqual({ w: Float32Array.of(1, 2), count: Int32Array.of(0) });
    await loop.run(sixSteps, { B: 3 });
    expect(descent.initialState.w).toEqual(Float32Array.of(1, 2));
    await loop.dispose();
    await expect(loop.run(sixSteps, { B: 3 })).rejects.toThrow("has been disposed of");
  });

  it("runs one at a time", async () => {
    const loop = await open(descent);
    const first = loop.run(sixSteps, { B: 3 });
    await expect(loop.run(sixSteps, { B: 3 })).rejects.toThrow(
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
      "loop: initialState count is missing",
    ],
    [
      "a part that is none",
      { initialState: { ...descent.initialState, v: Float32Array.of(1) } },
      'loop: initialState has "v", which is no state (has w, count)',
    ],
    [
      "a part of another size",
      { initialState: { ...descent.initialState, w: Float32Array.of(1) } },
      "loop: initialState w must be [2] = 2 numbers, got 1",
    ],
    [
      "a part of another dtype",
      { initialState: { ...descent.initialState, count: Float32Array.of(1) } },
      "loop: initialState count is int32: expected Int32Array, got Float32Array",
    ],
    [
      "a symbol in the state",
      { state: { ...descent.state, w: { dtype: "float32", shape: ["B"] } } },
      'loop: the state\'s shapes hold no symbols, got B in "w"',
    ],
    [
      "a part that the step leaves out",
      { step: ({ w }) => ({ state: { w: w as tf.Tensor }, outputs: {} }) },
      'loop: "count" is missing from the step\'s new state (has w)',
    ],
    [
      "a part that the step makes up",
      { step: (state) => ({ state: { ...state, v: tf.scalar(0) }, outputs: {} }) },
      'loop: the step returns "v" as state, which is none (has w, count)',
    ],
    [
      "a part whose dtype the step changes",
      { step: (state) => ({ state: { ...state, count: tf.scalar(0) }, outputs: {} }) },
      'loop: "count" is state, but goes in as int32 [] and comes out as float32 []',
    ],
    [
      "a step that reads nothing",
      { inputs: {}, step: (state) => ({ state, outputs: {} }) },
      "loop: a step must read",
    ],
  ])("names %s", async (_, change, message) => {
    // What the eager loop cannot know before a step, it finds at the first.
    const openAndRun = async () => {
      const loop = await open({ ...(descent as LoopDefinition), ...change });
      await loop.run(sixSteps, { B: 3 }).finally(() => loop.dispose());
    };
    await expect(openAndRun()).rejects.toThrow(message);
  });
});
