import type { Predictions } from "@sweetspot/artifact";
import { exampleTiming } from "@sweetspot/artifact/testing";
import { describe, expect, test } from "vitest";
import { evaluate, rightAnswers } from "./evaluate.ts";
import type { PredictedSplit } from "./predictions.ts";

const n = 8;
const labels = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1);

function cell(exitLayers: number[], layers: number) {
  const predictions: Predictions = {
    format: "sweetspot-predictions-1",
    precision: "fp32",
    method: "sweet",
    labels: ["no", "yes"],
    layers,
    members: [{ exitLayers }],
    splits: { test: { examples: n } },
  };
  const timing = exampleTiming([[...exitLayers]], layers);
  // At the first exit, example i has a higher confidence than i + 1. The last exit is right, the others are wrong.
  const test: PredictedSplit = {
    labels,
    predicted: exitLayers.map(() => labels),
    confidences: exitLayers.map((_, e) =>
      Array.from({ length: n }, (_, i) => (e === 0 ? 0.9 - i / 20 : 0.5)),
    ),
    correct: exitLayers.map((_, e) =>
      Array.from({ length: n }, () => Number(e === exitLayers.length - 1)),
    ),
    sha256: "s",
  };
  return { predictions, test, timing };
}

describe("evaluate", () => {
  test("a budget gets the most expensive operating point that is not above it", () => {
    const { predictions, test, timing } = cell([1, 4], 4);
    const results = evaluate(predictions, test, timing, { thresholds: [1], confidence: 0.95 });
    // If k examples go on to the last exit, the cost is (8 - k + 4k) / 32.
    expect(results.atBudget.map((b) => [b.budget, b.cost, b.correct])).toEqual([
      [0.25, 8 / 32, 0],
      [0.5, 14 / 32, 2],
      [0.75, 23 / 32, 5],
    ]);
    expect(rightAnswers(results, test).atBudget.map((row) => Array.from(row).join(""))).toEqual([
      "00000000",
      "00000011",
      "00011111",
    ]);
  });

  test("leaves out a budget below the first exit's cost", () => {
    const { predictions, test, timing } = cell([3, 4], 4);
    const results = evaluate(predictions, test, timing, { thresholds: [1], confidence: 0.95 });
    expect(results.atBudget.map((b) => b.budget)).toEqual([0.75]);
  });

  test("one exit has one point, at its own cost", () => {
    const { predictions, test, timing } = cell([4], 4);
    const results = evaluate(predictions, test, timing, { thresholds: [0, 1], confidence: 0.95 });
    expect(results.curve).toEqual([
      {
        threshold: 1,
        cost: 1,
        ms: { "1": 4, "8": 4 / 8, "32": 4 / 32 },
        accuracy: 1,
        exitShares: [1],
      },
    ]);
    expect(results.grid.map((p) => p.accuracy)).toEqual([1, 1]);
    expect(results.majority).toEqual({ label: "no", share: 5 / 8 });
  });

  test("operating points of more than 50 classes have no confusion matrix", () => {
    const { predictions, test, timing } = cell([1, 4], 4);
    const measured = (classes: number) => {
      const names = Array.from({ length: classes }, (_, k) => `class ${k}`);
      const options = { thresholds: [1], confidence: 0.95 };
      const { exits, atBudget } = evaluate(
        { ...predictions, labels: names },
        test,
        timing,
        options,
      );
      return [exits, atBudget].map((some) => some.map((s) => s.metrics.confusion?.length));
    };
    expect(measured(50)).toEqual([
      [50, 50],
      [50, 50, 50],
    ]);
    expect(measured(51)).toEqual([
      [51, 51],
      [undefined, undefined, undefined],
    ]);
  });

  test("refuses a metric that is not defined for so many classes", () => {
    const { predictions, test, timing } = cell([1, 4], 4);
    const options = { thresholds: [1], confidence: 0.95, metric: "f1" } as const;
    expect(evaluate(predictions, test, timing, options).metric).toBe("f1");
    const three = { ...predictions, labels: ["a", "b", "c"] };
    expect(() => evaluate(three, test, timing, options)).toThrow(
      "evaluate: metric f1: expected 2 classes, got 3; choose macroF1, mcc or accuracy",
    );
  });

  test("intervals are at the level of the setting", () => {
    const { predictions, test, timing } = cell([1, 4], 4);
    const at = (confidence: number) =>
      evaluate(predictions, test, timing, { thresholds: [1], confidence }).exits[0]?.interval[1] ??
      0;
    expect(at(0.99)).toBeGreaterThan(at(0.9));
  });
});
