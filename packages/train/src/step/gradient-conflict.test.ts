import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { conflictSummary } from "./conflict-summary.ts";
import {
  dot,
  gradientConflict,
  layerOf,
  meetingPlaces,
  reachedLayers,
} from "./gradient-conflict.ts";

const names = [
  "embeddings.word_embeddings.weight",
  "encoder.layer.0.output.dense.weight",
  "encoder.layer.0.output.dense.bias",
  "encoder.layer.1.output.dense.weight",
  "exits.1.classifier.weight",
  "exits.2.classifier.weight",
];

const numbers = (values: readonly (readonly number[] | undefined)[]) =>
  values.map((v) => (v === undefined ? undefined : tf.tensor1d([...v])));

it("the parameters' names give the layers; heads have none", () => {
  expect(names.map(layerOf)).toEqual([0, 1, 1, 2, undefined, undefined]);
  expect(layerOf("pooler.dense.weight")).toBeUndefined();
  // What DeBERTa's layers share.
  expect(layerOf("encoder.rel_embeddings.weight")).toBe(0);
});

it("classifiers after layers 1 and 3 meet in the embeddings and layer 1; isolated, nowhere", () => {
  expect(meetingPlaces([1, 3])).toEqual([
    { layer: 0, first: 0, second: 1 },
    { layer: 1, first: 0, second: 1 },
  ]);
  expect(meetingPlaces([1, 3], true)).toEqual([]);
  expect(reachedLayers([1, 3], true).map(({ layer, exit }) => [layer, exit])).toEqual([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
  ]);
});

it("three classifiers that reach a layer make three pairs there", () => {
  expect(meetingPlaces([1, 2, 4]).filter((p) => p.layer === 1)).toEqual([
    { layer: 1, first: 0, second: 1 },
    { layer: 1, first: 0, second: 2 },
    { layer: 1, first: 1, second: 2 },
  ]);
});

it("the product of two gradients is over what both reach", () => {
  const [a, b, c] = [
    numbers([[1, 2], undefined, [3]]),
    numbers([[5, -7], [11], [13]]),
    numbers([undefined, undefined, [1]]),
  ];
  expect(dot(a, b).dataSync()[0]).toBe(5 - 14 + 39);
  expect(dot(b, b, a).dataSync()[0]).toBe(25 + 49 + 169);
  expect(dot(a, c).dataSync()[0]).toBe(3);
  expect(dot(numbers([[1], undefined]), numbers([undefined, [1]])).dataSync()[0]).toBe(0);
});

it("cosines are of whole layers; an update that goes down a gradient is aligned with it", () => {
  const first = numbers([[3, 0], [1, 2], [2], undefined, [9, 9], undefined]);
  const second = numbers([[-3, 4], [2, 0], [-1], [5, 5], undefined, [7]]);
  const update = numbers([[-6, 0], [-3, -2], [-1], [1, 1], [0, 0], [0]]) as tf.Tensor[];
  const { cosines, alignments } = gradientConflict(names, [first, second], update, {
    exitLayers: [1, 2],
  });
  // Layer 1: its weight and its bias together.
  const wanted = [-9 / (3 * 5), (2 + 0 - 2) / (3 * Math.sqrt(5))];
  expect([...(cosines?.dataSync() ?? [])].map((x) => x.toFixed(6))).toEqual(
    wanted.map((x) => x.toFixed(6)),
  );
  const ups = [
    18 / (3 * 6),
    -18 / (5 * 6),
    (3 + 4 + 2) / (3 * Math.sqrt(14)),
    (6 + 0 - 1) / (Math.sqrt(5) * Math.sqrt(14)),
    -1,
  ];
  expect([...alignments.dataSync()].map((x) => x.toFixed(6))).toEqual(ups.map((x) => x.toFixed(6)));
});

it("isolated classifiers meet nowhere, and a gradient of zero is aligned with nothing", () => {
  const first = numbers([[0, 0], [1, 2], [2], undefined, [9, 9], undefined]);
  const second = numbers([undefined, undefined, undefined, [5, 5], undefined, [7]]);
  const update = numbers([[-6, 0], [-1, -2], [-2], [1, 1], [0, 0], [0]]) as tf.Tensor[];
  const { cosines, alignments } = gradientConflict(names, [first, second], update, {
    exitLayers: [1, 2],
    isolated: true,
  });
  expect(cosines).toBeUndefined();
  expect([...alignments.dataSync()].map((x) => x.toFixed(6))).toEqual([
    "0.000000",
    "1.000000",
    "-1.000000",
  ]);
});

it("a training's summary: means over its steps, and the share of them that conflict", () => {
  const step = { step: 0, epoch: 0, learningRate: 1, losses: [1, 1], gradientNorm: 1 };
  const metrics = [
    { ...step, cosines: [0.5, -0.25], alignments: [1, 0.5, 0.25, 0, -1] },
    { ...step, cosines: [-0.25, -0.75], alignments: [0, 0.5, 0.75, 1, 0] },
    { ...step, cosines: [0.25, 0.25], alignments: [0.5, 0.5, 0.5, 0.5, 0.5] },
  ];
  const summary = conflictSummary(metrics, { exitLayers: [1, 2] });
  expect(summary?.steps).toBe(3);
  expect(summary?.pairs).toEqual([
    { layer: 0, exits: [1, 2], cosine: 0.5 / 3, conflicts: 1 / 3 },
    { layer: 1, exits: [1, 2], cosine: -0.25, conflicts: 2 / 3 },
  ]);
  expect(summary?.alignments.map((a) => [a.layer, a.exit, a.cosine])).toEqual([
    // Steps without a gradient have 0 and are left out.
    [0, 1, 0.75],
    [0, 2, 0.5],
    [1, 1, 0.5],
    [1, 2, 0.75],
    [2, 2, -0.25],
  ]);
  expect(conflictSummary([step], { exitLayers: [1, 2] })).toBeUndefined();
  // Steps in which a classifier has no gradient are left out of its means.
  const idle = { ...step, cosines: [0, 0], alignments: [1, 0, 0, 0, 0] };
  const some = conflictSummary([...metrics, idle], { exitLayers: [1, 2] });
  expect(some?.pairs).toEqual(summary?.pairs);
  expect(some?.alignments.map((a) => a.cosine)).toEqual([2.5 / 3, 0.5, 0.5, 0.75, -0.25]);
});
