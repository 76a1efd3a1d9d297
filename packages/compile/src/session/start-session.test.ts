import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { compile, startSession } from "../session.ts";
import { trace } from "../trace/trace.ts";

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
