import { commonCosts, costCurve, meanAccuracy, speedAccuracyCurve } from "@sweetspot/eval";
import { describe, expect, test } from "vitest";
import { studyCell } from "../../test/study-cells.ts";
import type { StudyCell } from "../cell.ts";
import { objectivesOf } from "./objectives.ts";

const three = {
  "early-exit": [0.6, 0.7, 0.8, 0.88],
  sweet: [0.66, 0.74, 0.8, 0.86],
  "multi-model": [0.66, 0.74, 0.8, 0.87],
};
const tasks = ["alpha", "beta"];

function cellsOf(methods: Record<string, number[]>, seed = 1): StudyCell[] {
  return tasks.flatMap((task) =>
    Object.entries(methods).map(([method, accuracies]) =>
      studyCell({ task, method, seed, accuracies, examples: 307 }),
    ),
  );
}

function meanOf({ outcomes }: StudyCell, all: readonly StudyCell[]): number {
  const curves = all.map((c) => costCurve(speedAccuracyCurve(c.outcomes), c.outcomes));
  return meanAccuracy(costCurve(speedAccuracyCurve(outcomes), outcomes), commonCosts(curves));
}

describe("objectivesOf", () => {
  const cells = [
    ...cellsOf({
      ...three,
      "two-stage": [0.67, 0.75, 0.81, 0.87],
      projected: [0.8, 0.85, 0.9, 0.95],
      "sweet-rates": [0.5, 0.6, 0.7, 0.7],
      "sweet-warm-up": [0.69, 0.76, 0.81, 0.88],
    }),
    ...cellsOf(three, 2),
  ];
  const rows = objectivesOf(cells, { resamples: 399 });
  const row = (method: string) => rows.find((r) => r.method === method);

  test("reaches each verdict, and interval and verdict agree", () => {
    expect(rows.map((r) => [r.method, r.kind, r.verdict])).toEqual([
      ["two-stage", "field", "undecided"],
      ["projected", "candidate", "wins"],
      ["sweet-warm-up", "candidate", "undecided"],
      ["sweet-rates", "candidate", "loses"],
    ]);
    expect(row("projected")?.low).toBeGreaterThan(0);
    expect(row("sweet-rates")?.high).toBeLessThan(0);
  });

  test("the effect is the curve less the best of the three on each task, with the same seed", () => {
    const effects = tasks.map((task) => {
      const here = cells.filter((c) => c.task === task && c.seed === 1);
      const of = (method: string) => here.filter((c) => c.method === method);
      const four = [...of("projected"), ...Object.keys(three).flatMap(of)];
      const [own = NaN, ...others] = four.map((c) => 100 * meanOf(c, four));
      return own - Math.max(...others);
    });
    expect(row("projected")?.effect).toBeCloseTo(((effects[0] ?? 0) + (effects[1] ?? 0)) / 2, 8);
    expect(row("projected")?.perTask.map((t) => t.effect)).toEqual(
      effects.map((e) => expect.closeTo(e, 8)),
    );
  });

  test("against each of the three alone it is at least what it is against the best", () => {
    for (const { effect, against } of rows) {
      expect(against.map((a) => a.method)).toEqual(["early-exit", "sweet", "multi-model"]);
      for (const one of against) expect(one.effect).toBeGreaterThanOrEqual(effect - 1e-9);
    }
  });

  test("a method below the best on each task, but below none of the three on average, does not lose", () => {
    const [good, middling, bad] = [
      [0.8, 0.82, 0.84, 0.86],
      [0.7, 0.74, 0.78, 0.82],
      [0.6, 0.66, 0.72, 0.78],
    ];
    const turns = [
      [good, bad, middling],
      [middling, good, bad],
      [bad, middling, good],
    ].flatMap(([early, sweet, multi], t) =>
      Object.entries({
        "early-exit": early,
        sweet,
        "multi-model": multi,
        projected: middling,
      }).map(([method, accuracies = []]) =>
        studyCell({ task: `task ${t}`, method, seed: 1, accuracies, examples: 307 }),
      ),
    );
    const [projected] = objectivesOf(turns, { resamples: 399 });
    expect(projected?.high).toBeLessThan(0);
    expect(projected?.verdict).toBe("undecided");
    expect(projected?.against.map((a) => a.high > 0)).toEqual([true, true, true]);
  });

  test("has the seeds shared with the three, and names the tasks without any", () => {
    expect(row("projected")?.seeds).toEqual([1]);
    const some = cells.filter((c) => c.task !== "beta" || c.method !== "projected");
    const projected = objectivesOf(some, { resamples: 399 }).find((r) => r.method === "projected");
    expect(projected?.why).toBe("not measured on beta");
    expect(row("projected")).not.toHaveProperty("why");
  });

  test("baselines from the literature are corrected for separately from candidates", () => {
    const without = (method: string) =>
      objectivesOf(
        cells.filter((c) => c.method !== method),
        { resamples: 399 },
      ).find((r) => r.method === "projected");
    expect(without("two-stage")).toEqual(row("projected"));
    expect(without("sweet-rates")?.low).toBeGreaterThan(row("projected")?.low ?? NaN);
  });

  test("leaves out a method if one of the three does not share a seed", () => {
    const alone = cells.filter((c) => c.method !== "multi-model" || c.seed === 2);
    expect(objectivesOf(alone, { resamples: 399 })).toEqual([]);
  });
});
