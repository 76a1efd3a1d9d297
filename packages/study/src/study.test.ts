import { beforeAll, describe, expect, test } from "vitest";
import { studyCells } from "../test/study-cells.ts";
import type { StudyCell } from "./cell.ts";
import { summarise } from "@sweetspot/report/parts";
import { makeStudy } from "./make-study.ts";
import { areaOf, type StudyNumbers, studyOf } from "./study.ts";

const cells = studyCells();
let study: StudyNumbers;
beforeAll(() => {
  study = makeStudy("A study", cells, { controls: ["control"] }).numbers;
});

describe("study.json", () => {
  test("starts with the tasks, the seeds and the claims", () => {
    expect(Object.keys(study).slice(0, 5)).toEqual(["format", "title", "tasks", "seeds", "claims"]);
    expect(study.tasks).toEqual(["alpha", "beta", "control"]);
    expect(study.seeds).toEqual([1, 2]);
    expect(study.claims.map((c) => c.id)).toEqual([1, 2, 3, 4, 5]);
    expect(study.controls).toEqual(["control"]);
  });

  test("has each task's and method's numbers, averaged over seeds", () => {
    const here = cells.filter((c) => c.task === "beta" && c.method === "sweet" && c.chosen);
    const beta = study.results.find((r) => r.task === "beta");
    const sweet = beta?.methods.find((m) => m.method === "sweet");
    expect(sweet?.seeds).toEqual([1, 2]);
    expect(sweet?.exits[1]?.accuracy).toBeCloseTo(
      here.reduce((sum, c) => sum + (c.results.exits[1]?.accuracy ?? NaN) / 2, 0),
      4,
    );
    expect(sweet?.area).toBeCloseTo(
      here.reduce((sum, c) => sum + areaOf(c) / 2, 0),
      4,
    );
    expect(sweet?.training?.length).toBe(4);
    expect(sweet?.promises.length).toBe(3);
    expect(beta).toMatchObject({ control: false, bagOfWords: 0.65, majority: expect.any(Number) });
    expect(study.results.at(-1)?.control).toBe(true);
  });

  test("uses a regime that was not chosen only to compare regimes", () => {
    expect(study.regimes.chosen).toContainEqual({ method: "sweet", regime: "paper" });
    expect(new Set(study.regimes.rows.map((r) => r.regime))).toEqual(new Set(["paper", "strong"]));
    const chosen = cells.filter((c) => c.chosen);
    const claims = (of: StudyCell[]) => studyOf(of, summarise(chosen), { resamples: 199 }).claims;
    expect(claims(cells)).toEqual(claims(chosen));
  });

  test("has four decimals, no milliseconds and no missing numbers", () => {
    const text = JSON.stringify(study);
    expect(text.match(/\d\.\d{5}|\de-\d|"\w*(?:Ms|milliseconds|machine)"/)).toBeNull();
    expect(text.length).toBeLessThan(100_000);
    // NaN becomes null in JSON: only empty bins and promises that were not made have nulls.
    const nulls = [...text.matchAll(/"(\w+)":null/g)].map((m) => m[1]);
    expect(new Set(nulls)).toEqual(new Set(["confidence", "accuracy", "onTest"]));
  });
});
