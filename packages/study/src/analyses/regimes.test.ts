import { describe, expect, test } from "vitest";
import { studyCell } from "../../test/study-cells.ts";
import { regimesOf } from "./regimes.ts";

const cell = (task: string, method: string, regime: string, accuracies: number[], seed = 1) =>
  studyCell({ task, method, regime, accuracies, seed, chosen: regime === "paper", examples: 101 });

const cells = ["alpha", "beta", "control"].flatMap((task) => [
  cell(task, "early-exit", "gentle", [0.5, 0.6, 0.7, 0.8]),
  cell(task, "sweet", "gentle", [0.6, 0.6, 0.7, 0.7]),
  cell(task, "early-exit", "paper", [0.7, 0.7, 0.7, 0.8]),
  cell(task, "early-exit", "paper", [0.1, 0.1, 0.1, 0.1], 2),
  cell(task, "sweet", "paper", [0.7, 0.7, 0.7, task === "alpha" ? 0.8 : 0.9]),
  cell(task, "sweet", "paper", [0.9, 0.9, 0.9, 0.9], 2),
]);

describe("regimesOf", () => {
  const rows = regimesOf(cells, { controls: ["control"], resamples: 199 });

  test("is each exit's mean difference over tasks, by regime", () => {
    const points = (a: number, b: number) =>
      expect.closeTo((100 * (Math.round(101 * a) - Math.round(101 * b))) / 101, 8);
    expect(rows.map((r) => [r.regime, r.method, r.exitLayer, r.effect])).toEqual([
      ["gentle", "sweet", 1, points(0.6, 0.5)],
      ["gentle", "sweet", 2, points(0.6, 0.6)],
      ["gentle", "sweet", 3, points(0.7, 0.7)],
      ["gentle", "sweet", 5, points(0.7, 0.8)],
      ["paper", "sweet", 1, 0],
      ["paper", "sweet", 2, 0],
      ["paper", "sweet", 3, 0],
      ["paper", "sweet", 5, expect.closeTo((100 * (91 - 81)) / 101 / 2, 8)],
    ]);
    expect(rows.every((r) => r.low <= r.effect && r.effect <= r.high && r.tasks === 2)).toBe(true);
  });

  test("has the exits' accuracy on their training data", () => {
    expect(rows[0]?.fit).toEqual({
      method: expect.closeTo(0.7, 12),
      earlyExit: expect.closeTo(0.6, 12),
    });
    const blind = cells.map((c) => ({ ...c, results: { ...c.results, training: undefined } }));
    expect(regimesOf(blind, { resamples: 199 })[0]?.fit).toEqual({ method: null, earlyExit: null });
  });

  test("cells without a regime give no rows", () => {
    expect(regimesOf(cells.map((c) => ({ ...c, regime: undefined })))).toEqual([]);
  });
});
