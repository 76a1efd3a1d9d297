import type { ExitPromise } from "@sweetspot/artifact";
import { describe, expect, test } from "vitest";
import type { ReportedCell } from "../cell.ts";
import { promisesOf } from "./promises.ts";
import { fakeCell } from "../testing.ts";

const base = fakeCell({ method: "sweet", examples: 101 });

/** A cell with these results on the test split at the threshold promised. */
function promising(
  promise: ExitPromise,
  onTest: { cost?: number; accuracy?: number; agreement?: number } | null,
): ReportedCell {
  const kept = { cost: 0.5, accuracy: 0.7, agreement: 0.9, ...onTest };
  const about = { promise, confidence: 0.95 };
  const promises =
    onTest === null
      ? [{ ...about, threshold: null, why: "it takes 59 examples" }]
      : [{ ...about, threshold: 0.8, onThreshold: kept, onTest: kept }];
  return { ...base, results: { ...base.results, promises } };
}

const keptOf = (...cells: ReportedCell[]) => promisesOf(cells)[0]?.kept;

describe("promisesOf", () => {
  test("counts the runs in which a promise was made, and in which the test split keeps it", () => {
    const agree = { agree: 0.98 };
    const cells = [
      promising(agree, { agreement: 0.98, cost: 0.4 }),
      promising(agree, { agreement: 0.97, cost: 0.6 }),
      promising(agree, null),
    ];
    expect(promisesOf(cells)).toEqual([
      {
        method: "sweet",
        promise: agree,
        confidence: 0.95,
        runs: 3,
        made: 2,
        kept: 1,
        onTest: {
          cost: 0.5,
          accuracy: expect.closeTo(0.7, 12),
          agreement: expect.closeTo(0.975, 12),
        },
        why: "it takes 59 examples",
      },
    ]);
    expect(promisesOf([promising(agree, null)])[0]).toMatchObject({
      made: 0,
      kept: 0,
      onTest: null,
    });
  });

  test("has a threshold only for a single run, because a mean of several promises nothing", () => {
    const cell = promising({ agree: 0.98 }, {});
    expect(promisesOf([cell])[0]?.threshold).toBe(0.8);
    expect(promisesOf([cell, cell])[0]).not.toHaveProperty("threshold");
  });

  test("compares a loss with the last exit on the same test split", () => {
    const full = base.results.exits.at(-1)?.accuracy ?? NaN;
    expect(keptOf(promising({ lose: 1 }, { accuracy: full - 0.01 }))).toBe(1);
    expect(keptOf(promising({ lose: 1 }, { accuracy: full - 0.011 }))).toBe(0);
  });

  test("compares a spending limit with the cost", () => {
    expect(keptOf(promising({ spend: 0.4 }, { cost: 0.4 }))).toBe(1);
    expect(keptOf(promising({ spend: 0.4 }, { cost: 0.401 }))).toBe(0);
  });
});
