import type { HostTensor } from "@sweetspot/artifact";
import { encoderParameters, exitParameters, initialWeights } from "@sweetspot/model";
import { expect, it } from "vitest";
import { smallConfig } from "../testing/small-bert.ts";
import { initialState, stateTensors, stepState, weightsOf } from "./state-layout.ts";
import { elementCount } from "@sweetspot/compile";

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

it("gives the weights back that it was made of", () => {
  const state = initialState(parameters, weights);
  expect(Object.keys(state).sort()).toEqual(Object.keys(stepState(parameters)).sort());
  for (const [name, { shape }] of Object.entries(stepState(parameters)))
    expect(state[name]?.length).toBe(elementCount(shape));
  expect(weightsOf(parameters, state)).toEqual(weights);
});

it("without one of the weights is an error that names it", () => {
  const { "exits.2.classifier.bias": _, ...others } = weights;
  expect(() => initialState(parameters, others)).toThrow(
    /^training: no float32 weights for exits\.2\.classifier\.bias$/,
  );
});
