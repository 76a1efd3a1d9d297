import { expect, it } from "vitest";
import { courseSpecs, courseValues, rateIndex } from "./course.ts";
import { objectives } from "../objectives/objectives.ts";
import { elementCount } from "@sweetspot/compile";

const exitLayers = [1, 2, 4, 6];

it("a parameter's rate is that of its segment, or of its exit's head", () => {
  const names = [
    "embeddings.word_embeddings.weight",
    "encoder.rel_embeddings.weight",
    "pooler.dense.weight",
    "encoder.layer.0.output.dense.weight",
    "encoder.layer.1.output.dense.weight",
    "encoder.layer.2.output.dense.weight",
    "encoder.layer.3.output.dense.weight",
    "encoder.layer.5.output.dense.weight",
    "exits.1.classifier.weight",
    "exits.6.pooler.dense.weight",
  ];
  expect(names.map((name) => rateIndex(name, exitLayers))).toEqual([0, 0, 0, 0, 1, 2, 2, 3, 4, 7]);
});

it("the values of a course have the names and sizes of its specs, at every step", () => {
  for (const [name, objective] of Object.entries(objectives)) {
    const specs = courseSpecs(objective, exitLayers);
    for (const step of [0, 1, 5, 9]) {
      const values = courseValues(objective, { step, totalSteps: 10, exitLayers });
      expect([name, Object.keys(values)]).toEqual([name, Object.keys(specs)]);
      for (const [key, { shape }] of Object.entries(specs)) {
        expect(values[key]).toHaveLength(elementCount(shape));
      }
    }
  }
});

it("two-stage turns in the middle: 4 steps of 7 are the first stage", () => {
  const at = (step: number) => [
    ...(courseValues(objectives["two-stage"], { step, totalSteps: 7, exitLayers })[
      "course/lossWeights"
    ] ?? []),
  ];
  expect(at(3)).toEqual([0, 0, 0, 1]);
  expect(at(4)).toEqual([1, 1, 1, 0]);
});

it("a course of another length than the exits is an error", () => {
  const place = { step: 2, totalSteps: 10, exitLayers };
  expect(() => courseValues({ course: () => ({ lossWeights: [1, 2] }) }, place)).toThrow(
    "objective: lossWeights must be 4 numbers for 4 exits, got 2 at step 3",
  );
  expect(() => courseValues({ course: () => ({ rates: [1, 1, 1, 1] }) }, place)).toThrow(
    "objective: rates must be 8 numbers for 4 exits, got 4 at step 3",
  );
});
