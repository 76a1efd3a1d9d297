import { commonCosts, costCurve, halves, meanAccuracy, speedAccuracyCurve } from "@sweetspot/eval";
import { describe, expect, test } from "vitest";
import { studyCell } from "../../test/study-cells.ts";
import type { StudyCell } from "../cell.ts";
import { curveDifference, exitDifference, sharedSeeds } from "./effects.ts";

const cell = (method: string, seed: number, accuracies: number[]): StudyCell =>
  studyCell({ task: "t", method, seed, accuracies, examples: 101 });

const once = (n: number) => new Uint32Array(n).fill(1);

describe("sharedSeeds", () => {
  const cells = [
    cell("sweet", 3, [0.7, 0.7, 0.8, 0.8]),
    cell("early-exit", 2, [0.6, 0.7, 0.8, 0.9]),
    cell("sweet", 2, [0.7, 0.7, 0.8, 0.8]),
    cell("early-exit", 3, [0.6, 0.7, 0.8, 0.9]),
    cell("early-exit", 5, [0.6, 0.7, 0.8, 0.9]),
  ];

  test("pairs the seeds that all methods have, ascending", () => {
    const shared = sharedSeeds(cells, ["early-exit", "sweet"]);
    expect(shared?.map((row) => row.map((c) => c.input))).toEqual([
      ["t.early-exit.2", "t.early-exit.3"],
      ["t.sweet.2", "t.sweet.3"],
    ]);
    expect(sharedSeeds(cells, ["early-exit", "projected"])).toBeUndefined();
  });

  test("rejects cells that were tested on different examples", () => {
    const [first, second] = cells;
    if (first === undefined || second === undefined) throw new Error("no cells");
    const other = { ...second, seed: 3, results: { ...second.results, testSha256: "another" } };
    expect(() => sharedSeeds([first, other], ["early-exit", "sweet"])).toThrow(
      "t.early-exit.2 and t.sweet.3 must be tested on the same examples",
    );
  });
});

describe("exitDifference", () => {
  test("is the mean over exits, seeds and the examples drawn", () => {
    const first = [
      cell("multi-model", 1, [0.7, 0.75, 0.8, 0.85]),
      cell("multi-model", 2, [0.71, 0.75, 0.8, 0.85]),
    ];
    const second = [
      cell("early-exit", 1, [0.6, 0.7, 0.8, 0.85]),
      cell("early-exit", 2, [0.6, 0.7, 0.8, 0.9]),
    ];
    const sample = exitDifference(first, second);
    const mean = (c: StudyCell | undefined) =>
      (c?.results.exits ?? []).reduce((sum, e) => sum + e.accuracy / 4, 0);
    const bySeed = first.map((c, s) => mean(c) - mean(second[s]));
    expect(sample.effect(Uint32Array.of(1, 1), once(101))).toBeCloseTo(
      ((bySeed[0] ?? 0) + (bySeed[1] ?? 0)) / 2,
      12,
    );
    expect(sample.effect(Uint32Array.of(0, 2), once(101))).toBeCloseTo(bySeed[1] ?? 0, 12);
    const third = exitDifference(first, second, [2]);
    expect(third.effect(Uint32Array.of(2, 0), once(101))).toBeCloseTo(76 / 101 - 71 / 101, 12);
  });
});

describe("curveDifference", () => {
  const sweet = [1, 2].map((s) => cell("sweet", s, [0.75, 0.78, 0.8, 0.8]));
  const early = [1, 2].map((s) => cell("early-exit", s, [0.6, 0.7, 0.8, 0.9]));
  const multi = [1, 2].map((s) => cell("multi-model", s, [0.8, 0.6, 0.6, 0.7]));
  const curveOf = ({ outcomes }: StudyCell) => {
    return costCurve(speedAccuracyCurve(outcomes), outcomes);
  };
  const common = commonCosts([...sweet, ...early, ...multi].map(curveOf));
  const mean = (cells: StudyCell[], costs: [number, number]) =>
    cells.reduce((sum, c) => sum + meanAccuracy(curveOf(c), costs) / cells.length, 0);

  test("takes the best of the others by the mean over costs and seeds", () => {
    for (const [range, costs] of [
      ["all", common],
      ["fast", halves(common).fast],
      ["slow", halves(common).slow],
    ] as const) {
      const best = Math.max(mean(early, costs), mean(multi, costs));
      const sample = curveDifference(sweet, [early, multi], range);
      expect(sample.effect(once(2), once(101))).toBeCloseTo(mean(sweet, costs) - best, 12);
    }
  });

  test("a third method's curve can narrow the costs", () => {
    const cut = multi.map((c) => ({
      ...c,
      outcomes: { ...c.outcomes, exitLayers: [2, 3, 4, 5] },
    }));
    const costs: [number, number] = [0.4, 1];
    const sample = curveDifference(sweet, [early], "all", cut);
    expect(sample.effect(once(2), once(101))).toBeCloseTo(
      mean(sweet, costs) - mean(early, costs),
      12,
    );
  });

  test("finds the best again on each resample", () => {
    const counts = Uint32Array.from(
      { length: 101 },
      (_, i) => Number(i < 50) * 2 + Number(i === 50),
    );
    const against = (others: StudyCell[][]) =>
      curveDifference(sweet, others, "all", [...early, ...multi]).effect(
        Uint32Array.of(0, 2),
        counts,
      );
    expect(against([early, multi])).toBeCloseTo(Math.min(against([early]), against([multi])), 12);
  });
});
