import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { definitionOf, each, inputsAt, names, stateTensorsOf } from "../../test/one-step.ts";
import { combineGradients } from "../step/combine-gradients.ts";
import { projected } from "./projected.ts";
import { trainingStep } from "../step/training-step.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("projected", () => {
  const combine = (gradients: number[][][]): number[][] =>
    tf.tidy(() => {
      const tensors = gradients.map((of) =>
        of.map((g) => (g.length === 0 ? undefined : tf.tensor1d(g))),
      );
      return combineGradients(tensors, projected.combine).map((t) => [...t.dataSync()]);
    });

  it("adds gradients that do not conflict", () => {
    expect(combine([[[1, 2]], [[2, -1]]])).toEqual([[3, 1]]);
  });

  it("takes from each what it has against the other: nothing of the sum is against either", () => {
    // dot -2: (1, 0) loses -2/8 of (-2, 2), (-2, 2) loses -2/1 of (1, 0).
    expect(combine([[[1, 0]], [[-2, 2]]])).toEqual([[0.5, 2.5]]);
  });

  it("counts only the parameters that both reach", () => {
    // The second parameter is the second classifier's alone.
    expect(
      combine([
        [[1, 0], []],
        [[-2, 2], [7]],
      ]),
    ).toEqual([[0.5, 2.5], [7]]);
  });

  it("projects on the others' own gradients, from the first on", () => {
    const [a, b, c] = [
      [1, 0],
      [-1, 1],
      [-1, -1],
    ];
    // a: against b loses -1/2 b -> (0.5, 0.5); against c (dot -1) loses -1/2 c -> (0, 0).
    // b: against a loses -1 a -> (0, 1); against c (dot -1) loses -1/2 c -> (-0.5, 0.5).
    // c: against a loses -1 a -> (0, -1); against b (dot -1) loses -1/2 b -> (-0.5, -0.5).
    expect(combine([[a ?? []], [b ?? []], [c ?? []]])).toEqual([[-1, 0]]);
  });

  it("survives a gradient of zero", () => {
    expect(combine([[[0, 0]], [[-2, 2]]])).toEqual([[-2, 2]]);
  });

  it("is what a step follows", () => {
    const step = trainingStep({ ...definitionOf(projected), maxGradientNorm: "off" });
    const norm = tf.tidy(() => {
      const state = stateTensorsOf();
      return step(state, inputsAt(projected)).outputs["gradientNorm"]?.dataSync()[0];
    });
    const flat = each().map((of) => names.flatMap((n) => of[n] ?? []));
    const shared = names.flatMap((n) =>
      (each()[0]?.[n] ?? []).map(() =>
        Number(!n.startsWith("exits.") && !n.startsWith("encoder.layer.1.")),
      ),
    );
    const along = (a: number[], b: number[]) =>
      a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN) * (shared[i] ?? NaN), 0);
    const [a = [], b = []] = flat;
    const without = (x: number[], y: number[]) => {
      const share = Math.min(0, along(x, y)) / along(y, y);
      return x.map((v, i) => v - share * (y[i] ?? NaN) * (shared[i] ?? NaN));
    };
    const sum = without(a, b).map((v, i) => v + (without(b, a)[i] ?? NaN));
    expect(norm).toBeCloseTo(Math.sqrt(sum.reduce((s, x) => s + x * x, 0)), 4);
  });
});
