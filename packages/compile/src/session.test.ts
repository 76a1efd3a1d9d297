import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { compile, compileLoop } from "./session.ts";

describe("compile", () => {
  it("computes a function and its gradient as tfjs does, at sizes never traced", async () => {
    const f = (x: tf.Tensor, w: tf.Tensor) =>
      tf
        .mean(tf.square(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))), 1)
        .sum() as tf.Scalar;
    const compiled = await compile(
      ({ x, w }) => {
        if (x === undefined || w === undefined) throw new Error("no input");
        const { value, grads } = tf.valueAndGrads((a, b) => f(a as tf.Tensor, b as tf.Tensor))([
          x,
          w,
        ]);
        return { value, dx: grads[0] as tf.Tensor, dw: grads[1] as tf.Tensor };
      },
      { x: { dtype: "float32", shape: ["B", 3] }, w: { dtype: "float32", shape: [3, 2] } },
    );
    for (const b of [1, 2, 6]) {
      const xs = Float32Array.from({ length: b * 3 }, (_, i) => Math.sin(i));
      const ws = Float32Array.from({ length: 6 }, (_, i) => Math.cos(i));
      const got = await compiled.run({ x: xs, w: ws }, { B: b });
      const eager = tf.valueAndGrads((a, c) => f(a as tf.Tensor, c as tf.Tensor))([
        tf.tensor2d(xs, [b, 3]),
        tf.tensor2d(ws, [3, 2]),
      ]);
      expect(got["value"]?.[0]).toBeCloseTo(eager.value.dataSync()[0] ?? NaN, 5);
      const want = eager.grads.map((g) => Array.from(g.dataSync()));
      for (const [i, name] of ["dx", "dw"].entries()) {
        const have = Array.from(got[name] ?? []);
        expect(have).toHaveLength(want[i]?.length ?? -1);
        have.forEach((v, k) => expect(v).toBeCloseTo(want[i]?.[k] ?? NaN, 5));
      }
    }
    await compiled.dispose();
  });
});

describe("compileLoop", () => {
  it("keeps the state from step to step and gives the same whatever a run's length", async () => {
    const make = () =>
      compileLoop({
        state: { w: { dtype: "float32", shape: [2] } },
        initialState: { w: Float32Array.of(1, 2) },
        inputs: { x: { dtype: "float32", shape: ["B", 2] } },
        step: ({ w }, { x }) => {
          if (w === undefined || x === undefined) throw new Error("no input");
          const { value, grads } = tf.valueAndGrads(
            (v) => tf.sum(tf.square(tf.mul(x, v as tf.Tensor))) as tf.Scalar,
          )([w]);
          return {
            state: { w: tf.sub(w, tf.mul(grads[0] as tf.Tensor, 0.01)) },
            outputs: { loss: value },
          };
        },
      });
    const xs = Float32Array.from({ length: 6 * 3 * 2 }, (_, i) => Math.sin(i));
    const [whole, parts] = [await make(), await make()];
    const a = await whole.run({ x: xs }, { steps: 6, B: 3 });
    const b = [
      ...((await parts.run({ x: xs.slice(0, 12) }, { steps: 2, B: 3 }))["loss"] ?? []),
      ...((await parts.run({ x: xs.slice(12) }, { steps: 4, B: 3 }))["loss"] ?? []),
    ];
    expect(Array.from(a["loss"] ?? [])).toEqual(b);
    expect(Array.from(whole.state()["w"] ?? [])).toEqual(Array.from(parts.state()["w"] ?? []));
    expect(a["loss"]?.[5]).toBeLessThan(a["loss"]?.[0] ?? 0);
    await whole.dispose();
    await parts.dispose();
  });
});
