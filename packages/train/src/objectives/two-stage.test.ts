import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { changes, each, names, type Numbers, parameters } from "../../test/one-step.ts";
import { smallConfig, smallTask } from "../testing/small-bert.ts";
import { trainModel } from "../loop/training.ts";
import { twoStage } from "./two-stage.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("two stages", () => {
  const moves = (change: Numbers, name: string) =>
    (change[`param/${name}`] ?? []).some((x) => x !== 0);

  it("the first moves the encoder and the last exit; the second the other exits' heads alone", () => {
    const [first, second] = [changes(twoStage, 4).change, changes(twoStage, 5).change];
    const weightOf = [
      "encoder.layer.0.output.dense.weight",
      "exits.1.classifier.weight",
      "exits.2.classifier.weight",
    ];
    expect(weightOf.map((n) => moves(first, n))).toEqual([true, false, true]);
    expect(weightOf.map((n) => moves(second, n))).toEqual([false, true, false]);
    // Biases and norms are one vector, in the order of the parameters.
    const spared = parameters.filter((p) => p.role !== "weight" && p.role !== "embedding");
    const owners = spared.flatMap((p) => Array.from({ length: p.shape[0] ?? 0 }, () => p.name));
    const vector = second["param/biases-and-norms"] ?? [];
    expect(vector).toHaveLength(owners.length);
    const moved = new Set(owners.filter((_, i) => vector[i] !== 0));
    expect([...moved]).toEqual(["exits.1.pooler.dense.bias", "exits.1.classifier.bias"]);
  });

  it("frozen parameters do not count in the norm", () => {
    const heads = names.filter((n) => n.startsWith("exits.1."));
    const first = each()[0] ?? {};
    const norm = Math.sqrt(heads.flatMap((n) => first[n] ?? []).reduce((s, x) => s + x * x, 0));
    expect(changes(twoStage, 5).norm).toBeCloseTo(norm, 5);
  });

  it("the first is the training of the last exit's model alone", async () => {
    const plain = { ...smallConfig, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 };
    const { encoder, ...task } = smallTask();
    const undropped = { ...encoder, config: plain };
    const both = await trainModel({ ...task, encoder: undropped, objective: twoStage });
    const alone = await trainModel({
      ...smallTask({ epochs: 1 }),
      encoder: undropped,
      exitLayers: [2],
    });
    const rates = (metrics: typeof both.metrics) => metrics.map((m) => m.learningRate);
    expect(rates(both.metrics)).toEqual([...rates(alone.metrics), ...rates(alone.metrics)]);
    for (const [name, { data }] of Object.entries(alone.weights)) {
      const got = both.weights[name]?.data ?? [];
      const far = Math.max(...Array.from(data, (x, i) => Math.abs(x - Number(got[i]))));
      expect([name, far < 1e-5]).toEqual([name, true]);
    }
  });

  it("need a step for each", async () => {
    const few = smallTask({ epochs: 1, batchSize: 23 });
    await expect(trainModel({ ...few, objective: twoStage })).rejects.toThrow(
      "training: an objective of two stages needs two steps or more, got 1; lower batchSize or raise epochs",
    );
  });
});
