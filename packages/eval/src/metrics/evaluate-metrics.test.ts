import { readFile } from "node:fs/promises";
import { wilson } from "@sweetspot/statistics";
import { describe, expect, test } from "vitest";
import { evaluateMetrics } from "./evaluate-metrics.ts";

interface Reference {
  bootstrap: { counts: number[][]; intervals: Record<string, [low: number, high: number]> }[];
}

const file = new URL("../../reference/metrics.json", import.meta.url);
const { bootstrap } = JSON.parse(await readFile(file, "utf8")) as Reference;

// Rows: 60 examples of class 0, 40 of class 1, none of class 2.
const three = { classes: 3, counts: [48, 8, 4, 6, 34, 0, 0, 0, 0] };
const two = { classes: 2, counts: [480, 120, 60, 340] };

describe("evaluateMetrics", () => {
  test("has the metrics that are defined for so many classes", () => {
    expect(Object.keys(evaluateMetrics(two, 0.95).scores)).toEqual([
      "accuracy",
      "macroF1",
      "mcc",
      "f1",
    ]);
    expect(Object.keys(evaluateMetrics(three, 0.95).scores)).toEqual([
      "accuracy",
      "macroF1",
      "mcc",
    ]);
  });

  test("gives shares Wilson's interval, and a share of nothing the whole range", () => {
    const { scores, perClass, confusion } = evaluateMetrics(three, 0.9);
    expect(scores["accuracy"]).toEqual({ value: 0.82, interval: wilson(82, 100, 0.9) });
    expect(perClass).toEqual([
      {
        count: 60,
        answered: 54,
        precision: { value: 48 / 54, interval: wilson(48, 54, 0.9) },
        recall: { value: 0.8, interval: wilson(48, 60, 0.9) },
      },
      {
        count: 40,
        answered: 42,
        precision: { value: 34 / 42, interval: wilson(34, 42, 0.9) },
        recall: { value: 0.85, interval: wilson(34, 40, 0.9) },
      },
      {
        count: 0,
        answered: 4,
        precision: { value: 0, interval: wilson(0, 4, 0.9) },
        recall: { value: 0, interval: [0, 1] },
      },
    ]);
    expect(confusion).toEqual([
      [48, 8, 4],
      [6, 34, 0],
      [0, 0, 0],
    ]);
  });

  test.each(bootstrap)("the other intervals are the bootstrap's, for $counts", (reference) => {
    const { counts, intervals } = reference;
    const n = counts.flat().reduce((a, b) => a + b, 0);
    const { scores } = evaluateMetrics({ classes: counts.length, counts: counts.flat() }, 0.95);
    for (const [name, [low, high]] of Object.entries(intervals)) {
      const { value = NaN, interval = [NaN, NaN] } = scores[name] ?? {};
      // An end of 1999 resamples has a standard error of about a twentieth of the half width.
      const tolerance = 0.15 * Math.max(high - value, value - low) + 1 / n;
      expect(Math.abs(interval[0] - low)).toBeLessThan(tolerance);
      expect(Math.abs(interval[1] - high)).toBeLessThan(tolerance);
    }
  });

  test("a higher level is wider, and the same answers give the same intervals", () => {
    const [low, high] = [0.8, 0.99].map((level) => evaluateMetrics(two, level).scores["mcc"]);
    expect(high?.interval[0]).toBeLessThan(low?.interval[0] ?? NaN);
    expect(high?.interval[1]).toBeGreaterThan(low?.interval[1] ?? NaN);
    expect(evaluateMetrics(two, 0.99).scores["mcc"]).toEqual(high);
  });
});
