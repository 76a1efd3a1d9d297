import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { apart, changes, combined, each, followed, ofEach, size } from "../../test/one-step.ts";
import { smallTask } from "../testing/small-bert.ts";
import type { Objective } from "./objective.ts";
import { type ObjectiveName, objectives } from "./objectives.ts";
import { stage } from "../stage.ts";
import { trainModel } from "../loop/training.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("the classifiers' own gradients", () => {
  const all = (Object.entries(objectives) as [ObjectiveName, Objective][]).filter(
    ([, o]) => o.combine === undefined,
  );

  it.each(all)("%s: add up to the one that is followed", (_, objective) => {
    // At step 7 of 10 a course that turns has turned.
    for (const step of [0, 7]) {
      const sum = combined([1, 1], ofEach(objective, step));
      expect(size(sum, () => true)).toBeGreaterThan(0.01);
      expect(apart(sum, followed(objective, step))).toBeLessThan(1e-6);
    }
  });

  it("the deeper one reaches the first layer, the other's head it does not", () => {
    const deeper = each()[1] ?? {};
    expect(size(deeper, (n) => n.startsWith("encoder.layer.0."))).toBeGreaterThan(0.01);
    expect(size(deeper, (n) => n.startsWith("exits.1."))).toBe(0);
  });
});

it("layer-weighted follows the classifiers by their depth: 1/3 and 2/3 of layers 1 and 2", () => {
  const wanted = combined([1 / 3, 2 / 3], each());
  expect(apart(followed(objectives["layer-weighted"]), wanted)).toBeLessThan(1e-6);
});

it("alternating follows the last classifier alone, then all", () => {
  const { alternating } = objectives;
  expect(apart(followed(alternating, 0), combined([0, 1], each()))).toBeLessThan(1e-6);
  expect(apart(followed(alternating, 1), combined([1, 1], each()))).toBeLessThan(1e-6);
  expect(apart(followed(alternating, 2), combined([0, 1], each()))).toBeLessThan(1e-6);
});

it("SWEET with a warm-up follows early-exit's gradient for a fifth of the steps, then SWEET's", () => {
  const warm = objectives["sweet-warm-up"];
  const [early, sweet] = [followed(objectives["early-exit"]), followed(objectives.sweet)];
  expect(apart(early, sweet)).toBeGreaterThan(0.01);
  expect([0, 1].map((step) => apart(followed(warm, step), early))).toEqual([0, 0]);
  expect([2, 9].map((step) => apart(followed(warm, step), sweet))).toEqual([0, 0]);
});

it("SWEET with a rate for each segment moves segment s of S by 2 s / (S + 1) of the rate, decay too", () => {
  const [plain, own] = [changes(objectives.sweet, 0), changes(objectives["sweet-rates"], 0)];
  for (const [name, share] of [
    ["embeddings.word_embeddings.weight", 2 / 3],
    ["encoder.layer.0.output.dense.weight", 2 / 3],
    ["exits.1.classifier.weight", 2 / 3],
    ["encoder.layer.1.output.dense.weight", 4 / 3],
    ["exits.2.classifier.weight", 4 / 3],
  ] as const) {
    const [a, b] = [plain, own].map((c) => c.change[`param/${name}`] ?? []);
    const far = (a ?? []).map((x, i) => Math.abs(share * x - (b?.[i] ?? NaN)));
    expect(Math.max(...far)).toBeLessThan(2e-7);
    expect(Math.max(...(a ?? []).map(Math.abs))).toBeGreaterThan(0.005);
  }
});

it("reporting gradient conflict changes numbers in their last bits only", async () => {
  for (const objective of [objectives["early-exit"], objectives.sweet]) {
    const plain = await trainModel({ ...smallTask(), objective });
    const reporting = await trainModel({ ...smallTask({ gradientConflict: true }), objective });
    expect(plain.metrics[0]?.alignments).toBeUndefined();
    expect(reporting.metrics.every((m) => m.alignments !== undefined)).toBe(true);
    const losses = ({ metrics }: typeof plain) => metrics.flatMap((m) => m.losses);
    const far = losses(plain).map((x, i) => Math.abs(x - (losses(reporting)[i] ?? NaN)));
    expect(Math.max(...far)).toBeLessThan(1e-4);
  }
});

it("the methods that the stage says to learn from a teacher are those whose objective has one", () => {
  const taught = Object.entries(objectives).filter(([, o]) => "teacher" in o && o.teacher);
  const settings = (method: string) =>
    stage.settings.parse({ encoder: "tiny", method, exitLayers: [1] });
  const said = Object.keys(objectives).filter((m) => stage.wants?.(settings(m)).length === 1);
  expect(said).toEqual(taught.map(([name]) => name));
});
