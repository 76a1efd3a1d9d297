import { describe, expect, it } from "vitest";
import { initialWeights } from "./initial-weights.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";

const config = { initializerRange: 0.02 };
const matrix: ParameterSpec = {
  name: "exits.2.classifier.weight",
  shape: [331, 307],
  role: "weight",
};
const other: ParameterSpec = { name: "exits.1.classifier.weight", shape: [5, 3], role: "weight" };

describe("initialWeights", () => {
  it("depends only on the seed and the name", () => {
    const small: ParameterSpec = {
      name: "exits.2.pooler.dense.weight",
      shape: [7, 3],
      role: "weight",
    };
    const alone = initialWeights([small], config, 7)[small.name];
    expect(initialWeights([other, small], config, 7)[small.name]).toEqual(alone);
    expect(initialWeights([small], config, 8)[small.name]).not.toEqual(alone);
    expect(initialWeights([{ ...small, name: "b" }], config, 7)["b"]).not.toEqual(alone);
  });

  it("is Box and Muller's transform of the AES stream that (seed, name) keys", () => {
    const data = initialWeights([other], config, 1)[other.name]?.data ?? [];
    expect(data).toHaveLength(15);
    // Made apart, with OpenSSL's command line and Python's math.
    const pinned = [0.0063266, 0.055591715, 0.020425196, 0.014851198, -0.013956365];
    pinned.forEach((x, i) => expect(data[i]).toBeCloseTo(x, 8));
  });

  it("is normal with mean 0 and the configured deviation", () => {
    const data = initialWeights([matrix], config, 1)[matrix.name]?.data as Float32Array;
    const n = data.length;
    expect(n).toBe(331 * 307);
    const moment = (k: number) => data.reduce((sum, x) => sum + (x / 0.02) ** k, 0) / n;
    // Within five standard errors of a standard normal's moments: 0, 1, 0, 3.
    const near = (k: number, want: number, variance: number) =>
      expect(Math.abs(moment(k) - want)).toBeLessThan(5 * Math.sqrt(variance / n));
    near(1, 0, 1);
    near(2, 1, 2);
    near(3, 0, 15);
    near(4, 3, 96);
    // Neighbours, which Box and Muller's transform makes in pairs, are not correlated.
    let together = 0;
    for (let i = 0; i + 1 < n; i += 2) together += ((data[i] ?? 0) * (data[i + 1] ?? 0)) / 4e-4;
    expect(Math.abs(together / (n / 2))).toBeLessThan(5 / Math.sqrt(n / 2));
  });

  it("sets biases to 0 and norms to 1 and 0", () => {
    const specs: ParameterSpec[] = [
      { name: "a.bias", shape: [3], role: "bias" },
      { name: "LayerNorm.weight", shape: [2], role: "norm" },
      { name: "LayerNorm.bias", shape: [2], role: "norm" },
    ];
    expect(initialWeights(specs, config, 1)).toEqual({
      "a.bias": { shape: [3], data: Float32Array.of(0, 0, 0) },
      "LayerNorm.weight": { shape: [2], data: Float32Array.of(1, 1) },
      "LayerNorm.bias": { shape: [2], data: Float32Array.of(0, 0) },
    });
  });
});
