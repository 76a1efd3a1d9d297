import type { HostTensor } from "@sweetspot/artifact";
import { encoderParameters, exitParameters, initialWeights } from "@sweetspot/model";
import { expect, it } from "vitest";
import { smallConfig } from "../test/small-bert.ts";
import { initialState, stateTensors, stepState, weightsOf } from "./state-layout.ts";

const parameters = [
  ...encoderParameters(smallConfig),
  ...exitParameters(smallConfig, [1, 2], 3, "first-token"),
];
const weights: Record<string, HostTensor> = Object.fromEntries(
  Object.entries(initialWeights(parameters, smallConfig, 1)).map(([name, { shape, data }], i) => [
    name,
    { shape, data: Float32Array.from(data, (x, j) => x + i + j / 1024) },
  ]),
);

it("holds each parameter once, the biases and norms in one vector that does not decay", () => {
  const tensors = stateTensors(parameters);
  expect(tensors.flatMap((t) => t.parameters.map((p) => p.name)).sort()).toEqual(
    parameters.map((p) => p.name).sort(),
  );
  const together = tensors.filter((t) => t.parameters.length > 1);
  expect(together).toHaveLength(1);
  for (const { role } of together[0]?.parameters ?? []) expect(["bias", "norm"]).toContain(role);
  expect(together[0]?.decay).toBe(false);
  const alone = tensors.filter((t) => t.parameters.length === 1);
  for (const { decay, parameters: held } of alone) {
    expect(["weight", "embedding"]).toContain(held[0]?.role);
    expect(decay).toBe(true);
  }
});

it.each(["apart", "together"] as const)("%s, gives the weights back", (layout) => {
  const state = initialState(parameters, weights, layout);
  const specs = stepState(parameters, layout);
  expect(Object.keys(state).sort()).toEqual(Object.keys(specs).sort());
  for (const [name, { shape }] of Object.entries(specs))
    expect(state[name]?.length).toBe(shape.reduce<number>((n, d) => n * Number(d), 1));
  expect(weightsOf(parameters, state, layout)).toEqual(weights);
});

it("together, is two vectors: what decays, and what does not", () => {
  const tensors = stateTensors(parameters, "together");
  expect(tensors.map(({ name, decay, shape }) => [name, decay, shape.length])).toEqual([
    ["weights", true, 1],
    ["biases-and-norms", false, 1],
  ]);
  const roles = tensors.map((t) => [...new Set(t.parameters.map((p) => p.role))].sort());
  expect(roles).toEqual([
    ["embedding", "weight"],
    ["bias", "norm"],
  ]);
});

it("without one of the weights is an error that names it", () => {
  const { "exits.2.classifier.bias": _, ...others } = weights;
  expect(() => initialState(parameters, others)).toThrow(
    /^training: no float32 weights for exits\.2\.classifier\.bias$/,
  );
});
