import { ragged } from "@sweetspot/artifact";
import { expect, it } from "vitest";
import { takeSteps } from "./take-steps.ts";
import { learningRateSchedule } from "./schedule.ts";

/** A course of one step of one example, whose loss is infinite. */
function divergent(weightDecay: number): Parameters<typeof takeSteps>[0] {
  const rows = ragged([[1, 2]]);
  return {
    plan: [{ epoch: 0, length: 2, indices: Int32Array.of(0) }],
    split: { inputIds: rows, tokenTypeIds: rows, labels: Int32Array.of(0) },
    index: Int32Array.of(0, 1, 2),
    sites: [],
    masks: "host",
    mostSteps: 64,
    loop: {
      state: async () => ({}),
      run: async () => [{ losses: Float32Array.of(Infinity), gradientNorm: Float32Array.of(3) }],
      dispose: async () => {},
    },
    schedule: learningRateSchedule({ learningRate: 0.5, warmupRatio: 0 }, 1),
    settings: {
      seed: 1,
      batchSize: 1,
      learningRate: 0.5,
      weightDecay,
      maxGradientNorm: "off",
    },
  };
}

it.each([
  [0.01, "lower learningRate (now 0.5) or maxGradientNorm (now off)"],
  [2, "lower learningRate (now 0.5), weightDecay (now 2) or maxGradientNorm (now off)"],
])("a loss that is not finite with weight decay %d names what to lower", async (decay, fix) => {
  await expect(takeSteps(divergent(decay), {})).rejects.toThrow(
    new RangeError(
      `training: expected finite numbers, got losses Infinity, gradient norm 3 at step 1 of 1; ${fix}`,
    ),
  );
});
