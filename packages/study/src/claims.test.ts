import { holm, type TaskSample } from "@sweetspot/statistics";
import { describe, expect, test } from "vitest";
import { studyCell } from "../test/study-cells.ts";
import type { StudyCell } from "./cell.ts";
import { type Claim, claimsOf } from "./claims.ts";
import { curveDifference, exitDifference, sharedSeeds } from "./effects/effects.ts";
import { estimateEffect } from "./effects/effect-estimate.ts";

type Accuracies = [number, number, number, number];
const tasks = ["alpha", "beta", "gamma"];

/** Every method on every task, with two seeds. */
function study(
  methods: Record<string, Accuracies>,
  { conflicts = 0.3, names = tasks }: { conflicts?: number; names?: readonly string[] } = {},
): StudyCell[] {
  return names.flatMap((task) =>
    Object.entries(methods).flatMap(([method, accuracies]) =>
      [1, 2].map((seed) => studyCell({ task, method, seed, accuracies, examples: 307, conflicts })),
    ),
  );
}

function claims(cells: readonly StudyCell[], controls: string[] = []): Claim[] {
  return claimsOf(cells, { controls, resamples: 199 });
}

/** As in the paper: conflicts cost early exits accuracy, restarts cost multi-model time, SWEET is fast. */
const asInThePaper: Record<string, Accuracies> = {
  "early-exit": [0.6, 0.7, 0.8, 0.9],
  sweet: [0.8, 0.85, 0.88, 0.9],
  "multi-model": [0.64, 0.74, 0.83, 0.91],
  projected: [0.63, 0.73, 0.82, 0.91],
};

describe("the five claims", () => {
  test("are supported if all results are the paper's", () => {
    const found = claims(study(asInThePaper));
    expect(found.map((c) => [c.id, c.verdict])).toEqual([
      [1, "supported"],
      [2, "supported"],
      [3, "supported"],
      [4, "supported"],
      [5, "supported"],
    ]);
    // 307 examples: accuracies are multiples of 1/307.
    const exits = (a: Accuracies, b: Accuracies) =>
      a.reduce((sum, v, e) => sum + Math.round(307 * v) - Math.round(307 * (b[e] ?? 0)), 0);
    const [one, two, , four, five] = found;
    const { "early-exit": early, sweet, "multi-model": multi } = asInThePaper;
    if (early === undefined || sweet === undefined || multi === undefined) throw new Error();
    expect(one?.effect).toBeCloseTo((100 * exits(multi, early)) / (4 * 307), 10);
    expect(five?.effect).toBeCloseTo((100 * exits(sweet, early)) / (4 * 307), 10);
    expect(two?.conflict).toMatchObject({
      share: expect.closeTo(0.3),
      cosine: expect.closeTo(0.1),
    });
    expect(four?.parts?.map((p) => [p.name, p.bound, p.verdict])).toEqual([
      ["fast", 0, "supported"],
      ["slow", -1, "supported"],
    ]);
    expect(four?.effect).toBe(four?.parts?.[0]?.effect);
    expect(four?.seeds).toEqual([1, 2]);
  });

  test("are contradicted if all results are reversed", () => {
    const found = claims(
      study({
        "early-exit": [0.8, 0.85, 0.88, 0.9],
        sweet: [0.6, 0.7, 0.8, 0.9],
        // Accurate enough early that its restarts are worth their cost.
        "multi-model": [0.75, 0.75, 0.75, 0.75],
        projected: [0.7, 0.77, 0.83, 0.9],
      }),
    );
    const byId = Object.fromEntries(found.map((c) => [c.id, c.verdict]));
    expect(byId).toMatchObject({
      1: "contradicted",
      2: "contradicted",
      4: "contradicted",
      5: "contradicted",
    });
    const restartsPay = claims(
      study({ "early-exit": [0.5, 0.5, 0.5, 0.5], "multi-model": [0.8, 0.8, 0.8, 0.8] }),
    );
    expect(restartsPay[2]).toMatchObject({ id: 3, verdict: "contradicted" });
    expect(restartsPay[2]?.effect).toBeLessThan(-25);
  });

  test("are undecided between equal methods", () => {
    const same: Accuracies = [0.7, 0.75, 0.8, 0.85];
    const found = claims(study({ "early-exit": same, sweet: same, projected: same }));
    for (const id of [2, 5]) {
      const claim = found.find((c) => c.id === id);
      expect(claim?.verdict).toBe("undecided");
      expect(claim?.effect).toBeCloseTo(0, 10);
    }
  });

  test("a method below the best of two on each task, but below neither on average, does not contradict the claim", () => {
    const sweet: Accuracies = [0.7, 0.72, 0.76, 0.8];
    const better: Accuracies = [0.78, 0.8, 0.81, 0.82];
    const worse: Accuracies = [0.62, 0.64, 0.71, 0.78];
    const turns = (early: Accuracies, multi: Accuracies, names: string[]) =>
      study({ "early-exit": early, sweet, "multi-model": multi }, { names });
    const four = claims([
      ...turns(better, worse, ["alpha", "beta"]),
      ...turns(worse, better, ["gamma", "delta"]),
    ])[3];
    const [fast] = four?.parts ?? [];
    expect(fast?.high).toBeLessThan(0);
    expect(fast?.against?.map((a) => [a.method, a.high > 0])).toEqual([
      ["early-exit", true],
      ["multi-model", true],
    ]);
    expect([fast?.verdict, four?.verdict]).toEqual(["undecided", "undecided"]);

    const behindOne = claims(turns(better, worse, ["alpha", "beta", "gamma"]))[3];
    expect(behindOne?.parts?.[0]?.verdict).toBe("contradicted");
    expect(behindOne?.parts?.[0]?.against?.map((a) => a.effect < 0)).toEqual([true, false]);
  });

  test("verdict and interval agree", () => {
    for (const claim of claims(study({ ...asInThePaper, sweet: [0.62, 0.71, 0.8, 0.89] }))) {
      for (const part of claim.parts ?? [{ ...claim, bound: 0 }]) {
        const { low, high, bound } = part;
        if (low === null || high === null) throw new Error("no interval");
        expect(part.verdict).toBe(
          low > bound ? "supported" : high < bound ? "contradicted" : "undecided",
        );
      }
    }
  });

  test("slow half: SWEET well below early-exit contradicts the claim, whatever the fast half", () => {
    const four = claims(study({ ...asInThePaper, sweet: [0.8, 0.87, 0.9, 0.7] }))[3];
    expect(four?.parts?.map((p) => p.verdict)).toEqual(["supported", "contradicted"]);
    expect(four?.verdict).toBe("contradicted");
  });

  test("slow half: SWEET is compared with early-exit alone, however good multi-model is", () => {
    const four = claims(
      study({
        "early-exit": [0.5, 0.5, 0.55, 0.7],
        sweet: [0.6, 0.6, 0.6, 0.72],
        "multi-model": [0.75, 0.8, 0.85, 0.9],
      }),
    )[3];
    expect(four?.parts?.map((p) => p.effect > 0)).toEqual([false, true]);
  });

  test("a control is shown but does not count", () => {
    const cells = [
      ...study(asInThePaper),
      ...study({ ...asInThePaper, sweet: [0.5, 0.5, 0.5, 0.5] }, { names: ["control"] }),
    ];
    const five = claims(cells, ["control"])[4];
    expect(five?.effect).toBe(claims(study(asInThePaper))[4]?.effect);
    expect(five?.perTask.map((t) => [t.task, t.control, t.effect < 0])).toEqual([
      ["alpha", false, false],
      ["beta", false, false],
      ["gamma", false, false],
      ["control", true, true],
    ]);
    expect(claims(cells)[4]?.effect).toBeLessThan(five?.effect ?? 0);
  });

  test("a claim that cannot be measured is undecided and says why", () => {
    const { projected: _, ...without } = asInThePaper;
    const [, two] = claims(study(without));
    expect(two).toMatchObject({
      effect: null,
      low: null,
      verdict: "undecided",
      why: "there is no cell of projected",
      perTask: [],
    });
    const unmeasured = study(asInThePaper).map((cell) => ({
      ...cell,
      results: { ...cell.results, conflict: undefined },
    }));
    const [, blind] = claims(unmeasured);
    expect(blind?.effect).toBeGreaterThan(1);
    expect(blind?.verdict).toBe("undecided");
    expect(blind?.why).toContain("gradients were not measured");
    expect(claims(study(asInThePaper, { conflicts: 0 }))[1]?.why).toBe(
      "no two gradients of early-exit's conflict",
    );
    const some = study(asInThePaper).filter((c) => c.task !== "beta" || c.method !== "projected");
    expect(claims(some)[1]).toMatchObject({ verdict: "supported", why: "not measured on beta" });
  });

  test("intervals are at the levels of Holm's correction over the five", () => {
    const cells = study({ ...asInThePaper, sweet: [0.72, 0.78, 0.82, 0.89] });
    const how = { resamples: 399, level: 0.95, seed: 1 };
    const part = (methods: string[], of: (cells: StudyCell[][]) => TaskSample, bound = 0) =>
      estimateEffect(
        tasks.map((task) => ({
          task,
          control: false,
          sample: of(
            sharedSeeds(
              cells.filter((c) => c.task === task),
              methods,
            ) ?? [],
          ),
        })),
        how,
        bound,
      );
    const exits = ([a = [], b = []]: StudyCell[][]) => exitDifference(a, b);
    const three = ["sweet", "early-exit", "multi-model"];
    const fast = part(three, ([s = [], e = [], m = []]) => curveDifference(s, [e, m], "fast"));
    const slow = part(three, ([s = [], e = [], m = []]) => curveDifference(s, [e], "slow", m), -1);
    const estimates = [
      part(["multi-model", "early-exit"], exits),
      part(["projected", "early-exit"], exits),
      part(["early-exit", "multi-model"], ([e = [], m = []]) => curveDifference(e, [m])),
      fast,
      part(["sweet", "early-exit"], exits),
    ];
    // Both halves are on the supported side, so the weaker one decides.
    expect([fast.above, slow.above]).toEqual([true, true]);
    expect(fast.p).not.toBe(slow.p);
    const p = estimates.map((e) => (e === fast ? Math.max(fast.p, slow.p) : e.p));
    const { levels } = holm(p);
    expect(new Set(levels).size).toBeGreaterThan(1);
    const found = claimsOf(cells, { resamples: 399 });
    expect(found.map(({ low, high }) => [low, high])).toEqual(
      estimates.map((e, i) => {
        const { low, high } = e.interval(levels[i] ?? NaN);
        return [low, high];
      }),
    );
    expect(found[3]?.parts?.[1]).toMatchObject(slow.interval(levels[3] ?? NaN));
  });

  test("are the same each time", () => {
    const cells = study(asInThePaper, { names: ["alpha"] });
    expect(claims(cells)).toEqual(claims(cells));
  });
});
