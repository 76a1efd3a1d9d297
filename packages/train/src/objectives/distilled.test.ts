import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  byName,
  classes,
  definitionOf,
  inputsAt,
  type Numbers,
  ofEach,
  params,
  size,
  teacher,
} from "../../test/one-step.ts";
import { smallSplit, smallTask } from "../testing/small-bert.ts";
import type { Objective } from "./objective.ts";
import { objectives } from "./objectives.ts";
import { trainModel } from "../loop/training.ts";
import { lossesAndGradients } from "../step/training-step.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("distilled", () => {
  const cases = [
    ["early-exit-distilled", "early-exit"],
    ["sweet-distilled", "sweet"],
  ] as const;

  it.each(cases)("%s: half the labels' gradient, half the teacher's at temperature 2", (name) => {
    const objective = objectives[name];
    const [logits, got] = tf.tidy(() => {
      const inputs = inputsAt(objective);
      // With a head of zeros the logits are its bias, the same for each example.
      const bias = [0.3, -0.7, 1.1];
      const zeroed = {
        ...params(),
        "exits.2.classifier.weight": tf.zeros([classes, 12]),
        "exits.2.classifier.bias": tf.tensor1d(bias),
      };
      const { gradients } = lossesAndGradients(definitionOf(objective), zeroed, inputs);
      return [bias, byName(gradients)["exits.2.classifier.bias"] ?? []] as const;
    });
    const softmax = (row: readonly number[], t = 1) => {
      const e = row.map((x) => Math.exp(x / t));
      return e.map((x) => x / e.reduce((a, b) => a + b, 0));
    };
    const labels = [...smallSplit(7).labels];
    const wanted = logits.map((_, k) => {
      const one = labels.map((label, i) => {
        const taught = [...teacher.subarray(i * classes, (i + 1) * classes)];
        const hard = (softmax(logits)[k] ?? NaN) - Number(label === k);
        const soft = ((softmax(logits, 2)[k] ?? NaN) - (softmax(taught, 2)[k] ?? NaN)) / 2;
        return 0.5 * hard + 0.5 * 4 * soft;
      });
      return one.reduce((a, b) => a + b, 0) / labels.length;
    });
    expect(wanted.some((w) => Math.abs(w) > 0.05)).toBe(true);
    got.forEach((g, k) => expect(g).toBeCloseTo(wanted[k] ?? NaN, 6));
  });

  it.each(cases)("%s: gradients go where %s's do", (name, plain) => {
    const second = ofSecond(objectives[name]);
    const reaches = size(second, (n) => n.startsWith("encoder.layer.0.")) > 0;
    expect(reaches).toBe(
      size(ofSecond(objectives[plain]), (n) => n.startsWith("encoder.layer.0.")) > 0,
    );
    expect(reaches).toBe(plain === "early-exit");
    expect(size(second, (n) => n.startsWith("encoder.layer.1."))).toBeGreaterThan(0);
  });

  const ofSecond = (objective: Objective): Numbers => ofEach(objective)[1] ?? {};

  it("needs a teacher's logits for every row", async () => {
    const task = { ...smallTask(), objective: objectives["sweet-distilled"] };
    await expect(trainModel(task)).rejects.toThrow(
      "training: the objective needs a teacher's logits, [23, 3], got none",
    );
    await expect(trainModel({ ...task, teacher: new Float32Array(6) })).rejects.toThrow(
      "got 6 numbers",
    );
    // And an objective that learns from none wants none.
    await expect(trainModel({ ...smallTask(), teacher: new Float32Array(69) })).rejects.toThrow(
      "training: the objective learns from no teacher, got logits of one",
    );
  });
});
