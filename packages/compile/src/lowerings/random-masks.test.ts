import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, it } from "vitest";
import { compile } from "../session.ts";
import { hostRandomMasks, randomMasks } from "./random-masks.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it("are the same bits on the host, in tfjs and compiled, for any size of a symbol", async () => {
  const compiled = await compile(
    ({ key, x }) => {
      const [a, b, c, d] = randomMasks(key as tf.Tensor1D, x.shape, 230);
      return { a, b, c, d };
    },
    { key: { dtype: "int32", shape: [2] }, x: { dtype: "float32", shape: ["B", 7, "T"] } },
    { threads: 1 },
  );
  // Keys of every sign, so that words wrap around.
  for (const [B, T, key] of [
    [3, 11, [-5, 2 ** 31 - 1]],
    [1, 2, [0, 0]],
    [5, 13, [-(2 ** 31), 123456789]],
  ] as const) {
    const host = hostRandomMasks(key, B * 7 * T, 230);
    const inputs = { key: Int32Array.from(key), x: new Float32Array(B * 7 * T) };
    const outputs = await compiled.run(inputs, { B, T });
    expect(["a", "b", "c", "d"].map((n) => outputs[n])).toEqual(host);
    const eager = tf.tidy(() =>
      randomMasks(tf.tensor1d([...key], "int32"), [B, 7, T], 230).map((m) => [...m.dataSync()]),
    );
    expect(eager).toEqual(host.map((m) => [...m]));
  }
  await compiled.dispose();
});

it("of another key or another share are refused", () => {
  const key = tf.tensor1d([1, 2], "int32");
  expect(() => randomMasks(tf.tensor1d([1, 2]), [3], 9)).toThrow(
    "randomMasks: key must be int32, got float32",
  );
  expect(() => randomMasks(tf.tensor1d([1, 2, 3], "int32"), [3], 9)).toThrow(
    "randomMasks: key must be [2], got [3]",
  );
  for (const kept of [0, 256, 1.5, NaN])
    expect(() => randomMasks(key, [3], kept)).toThrow(
      `randomMasks: kept must be a whole number from 1 to 255, got ${kept}`,
    );
});
