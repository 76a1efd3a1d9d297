import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { f32, open } from "../../test/eager.ts";
import { describeValue } from "../graph/graph.ts";
import { scanLoop } from "./scan.ts";
import { trace } from "../trace/trace.ts";

const scalar = { dtype: "float32", shape: [] } as const;
const row = { dtype: "float32", shape: ["N"] } as const;

describe("scanLoop", () => {
  it("gives the inputs and outputs of a step a first axis, and passes the state on", async () => {
    const step = trace(
      ({ total, x }) => ({ total: tf.add(total, tf.sum(x)), seen: tf.mul(x, total) }),
      {
        total: scalar,
        x: row,
      },
    );
    const loop = scanLoop(step, 1);
    expect([...loop.inputs, ...loop.outputs].map((v) => [v.name, describeValue(v)])).toEqual([
      ["loop:total", "float32 []"],
      ["loop:x", "float32 [steps, N]"],
      ["loop:total:out", "float32 []"],
      ["loop:seen", "float32 [steps, N]"],
    ]);
    const session = await open(loop);
    const got = await session.run({
      "loop:total": f32([], [10]),
      "loop:x": f32([3, 2], [1, 2, 3, 4, 5, 6]),
    });
    await session.close();
    expect(Object.values(got).map((t) => [t.shape, [...t.data]])).toEqual([
      [[], [31]],
      [
        [3, 2],
        [10, 20, 39, 52, 100, 120],
      ],
    ]);
  });

  it.each([
    [
      "shape",
      () => trace(({ s, x }) => ({ s: tf.stack([s, s]), x }), { s: scalar, x: row }),
      "s is state, but goes in as float32 [] and comes out as float32 [2]",
    ],
    [
      "dtype",
      () => trace(({ s, x }) => ({ s: tf.cast(s, "int32"), x }), { s: scalar, x: row }),
      "s is state, but goes in as float32 [] and comes out as int32 []",
    ],
    [
      "dynamic shape",
      () => trace(({ s, x }) => ({ s: tf.concat([s, [1]]), x }), { s: row, x: row }),
      "s is state, but goes in as float32 [N] and comes out as float32 [N + 1]",
    ],
  ])("refuses a state that changes its %s", (_, make, message) => {
    expect(() => scanLoop(make(), 1)).toThrow(`scanLoop: ${message}`);
  });

  it("refuses a state that does not come out", () => {
    const step = trace(({ x }) => ({ y: x }), { s: scalar, x: scalar });
    expect(() => scanLoop({ ...step, outputs: [] }, 1)).toThrow("comes out as nothing");
  });

  it("refuses a step that reads nothing, and a size of the loop's own name", () => {
    expect(() =>
      scanLoop(
        trace(({ s }) => ({ s: tf.add(s, 1) }), { s: scalar }),
        1,
      ),
    ).toThrow("scanLoop: a step must read one input or more besides its state; a counter will do");
    const step = trace(({ s, x }) => ({ s: tf.add(s, tf.sum(x)) }), {
      s: scalar,
      x: { dtype: "float32", shape: ["steps"] },
    });
    expect(() => scanLoop(step, 1)).toThrow('scanLoop: input x has a size "steps"');
  });
});
