import { describe, expect, test } from "vitest";
import type { ExitCosts } from "../curves/curve-point.ts";
import { areaToFullModel, evaluateOracle, evaluateRules } from "./evaluate-rules.ts";
import { exitRuleNames } from "./exit-rules.ts";
import { predictedSplit } from "../predictions.ts";
import { speedAccuracyCurve } from "../curves/speed-accuracy.ts";
import { areaBetween, costCurve } from "../curves/area-between.ts";
import { sfc32 } from "@sweetspot/statistics";

/** Logits that favour the true class more at deeper exits. */
function split(seed: number, exits: number, n: number, classes: number) {
  const random = sfc32(seed);
  const noise = () => random(2 ** 32) / 2 ** 32 + random(2 ** 32) / 2 ** 32 - 1;
  const labels = Int32Array.from({ length: n }, () => random(classes));
  const hardness = Array.from({ length: n }, () => random(1000) / 1000);
  const logits = Array.from({ length: exits }, (_, e) =>
    Float32Array.from({ length: n * classes }, (_, at) => {
      const i = Math.floor(at / classes);
      const gain = at % classes === labels[i] ? (e + 1) * (1 - (hardness[i] ?? 0)) : 0;
      return 3 * (gain + noise());
    }),
  );
  return { logits, labels, lengths: labels, classes };
}

const [exits, n, classes] = [4, 499, 7];
const costs: ExitCosts = {
  exitLayers: [1, 3, 7, 13],
  layers: 6,
  time: { atCost: (cost) => ({ "1": cost, "8": cost, "32": cost }), exits: [] },
};
const test1 = split(1, exits, n, classes);
const { correct, confidences } = predictedSplit(test1, classes);
const results = evaluateRules(
  exitRuleNames,
  { ...test1, correct },
  split(2, exits, 211, classes),
  costs,
  0.95,
);
const points = speedAccuracyCurve({ confidences, correct });

describe("evaluateRules", () => {
  test("thins a long curve to 101 points, evenly spaced in cost, both ends included", () => {
    expect(points.length).toBeGreaterThan(500);
    const { curve } = results[0] ?? { curve: [] };
    expect(curve.length).toBeLessThanOrEqual(101);
    expect(curve.length).toBeGreaterThan(90);
    expect(curve[0]?.cost).toBe(1 / 6);
    expect(curve.at(-1)?.cost).toBe(13 / 6);
    const gaps = curve.slice(1).map((p, i) => p.cost - (curve[i]?.cost ?? NaN));
    expect(Math.max(...gaps)).toBeLessThan(0.05);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    const thin = { costs: curve.map((p) => p.cost), accuracies: curve.map((p) => p.accuracy) };
    const exact = costCurve(points, costs);
    expect(Math.abs(areaBetween(thin, exact, [1 / 6, 13 / 6]))).toBeLessThan(0.001);
  });

  test("the area ends at the full model's cost if restarts exceed it", () => {
    const curve = costCurve(points, costs);
    const flat = { costs: [1 / 6, 1], accuracies: [0, 0] };
    expect(results[0]?.area).toBeCloseTo(areaBetween(curve, flat, [1 / 6, 1]), 12);
    expect(areaToFullModel(points, costs)).toBe(results[0]?.area);
    const shallow = { ...costs, layers: 26 };
    expect(areaToFullModel(points, shallow)).toBeCloseTo(
      areaBetween(costCurve(points, shallow), { costs: [1 / 26, 0.5], accuracies: [0, 0] }, [
        1 / 26,
        0.5,
      ]),
      12,
    );
  });

  test("every rule has its budgets, and the oracle is above them all", () => {
    const bound = evaluateOracle(correct, costs);
    for (const { rule, atBudget, curve } of results) {
      const bought = atBudget.map((b) => [b.budget, b.cost <= b.budget]);
      // Patience gives all examples the same score before the second exit, which costs half.
      const coarse = rule.startsWith("patience");
      expect(bought.slice(-1)).toEqual([[0.75, true]]);
      expect(bought).toHaveLength(coarse ? bought.length : 3);
      expect(Math.max(...curve.map((p) => p.accuracy))).toBeLessThan(bound.accuracy);
    }
  });
});
