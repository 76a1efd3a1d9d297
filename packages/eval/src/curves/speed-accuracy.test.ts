import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exitOf } from "../exit-rules/confidence.ts";
import { exitsAt, operatingPoint, speedAccuracyCurve } from "./speed-accuracy.ts";
import type { Outcomes } from "@sweetspot/artifact";

/** Few distinct confidences, so that ties within and between exits are common. */
const level = fc.constantFrom(0.5, 0.5000000000000001, 0.6, 0.75, 0.9, 0.9999999999999999, 1);

const outcomes: fc.Arbitrary<Outcomes> = fc
  .record({
    exits: fc.integer({ min: 1, max: 5 }),
    n: fc.integer({ min: 1, max: 13 }),
    ties: fc.boolean(),
  })
  .chain(({ exits, n, ties }) => {
    const confidence = ties ? level : fc.double({ min: 0.5, max: 1, noNaN: true });
    const rows = <T>(value: fc.Arbitrary<T>) =>
      fc.array(fc.array(value, { minLength: n, maxLength: n }), {
        minLength: exits,
        maxLength: exits,
      });
    return fc.record({ confidences: rows(confidence), correct: rows(fc.constantFrom(0, 1)) });
  });

/** The definition: tries every threshold, one example at a time, with the exported rule. */
function byDefinition({ confidences, correct }: Outcomes, threshold: number) {
  const exitCounts = confidences.map(() => 0);
  let right = 0;
  for (let i = 0; i < (confidences[0]?.length ?? 0); i++) {
    const exit = exitOf(
      confidences.map((row) => row[i] ?? NaN),
      threshold,
    );
    exitCounts[exit] = (exitCounts[exit] ?? 0) + 1;
    right += correct[exit]?.[i] ?? 0;
  }
  return { exitCounts, correct: right };
}

describe("speedAccuracyCurve", () => {
  test("agrees with the definition at each of its thresholds", () => {
    fc.assert(
      fc.property(outcomes, (o) => {
        for (const { threshold, ...point } of speedAccuracyCurve(o)) {
          expect(point).toEqual(byDefinition(o, threshold));
          expect(operatingPoint(o, threshold)).toEqual({ threshold, ...point });
        }
      }),
      { numRuns: 500 },
    );
  });

  test("has every set of decisions that some threshold leads to, exactly once", () => {
    fc.assert(
      fc.property(outcomes, (o) => {
        const curve = speedAccuracyCurve(o);
        const distinct = [...new Set([0, ...o.confidences.flatMap((row) => Array.from(row))])]
          .sort((a, b) => a - b)
          .concat(2)
          .map((t) => exitsAt(o, t).join());
        expect(curve.map((p) => exitsAt(o, p.threshold).join())).toEqual([...new Set(distinct)]);
      }),
      { numRuns: 500 },
    );
  });

  test("starts with all at the first exit, ends with all at the last, and never gets cheaper", () => {
    fc.assert(
      fc.property(outcomes, (o) => {
        const curve = speedAccuracyCurve(o);
        const n = o.confidences[0]?.length ?? 0;
        expect(curve[0]?.exitCounts[0]).toBe(n);
        expect(curve.at(-1)?.exitCounts.at(-1)).toBe(n);
        const costs = curve.map((p) => p.exitCounts.reduce((sum, c, e) => sum + c * (e + 1), 0));
        expect(costs).toEqual([...new Set(costs)].sort((a, b) => a - b));
        const thresholds = curve.map((p) => p.threshold);
        expect(thresholds).toEqual([...new Set(thresholds)].sort((a, b) => a - b));
      }),
    );
  });

  test("an example with a confidence of 1 continues only at a threshold above 1", () => {
    expect(speedAccuracyCurve({ confidences: [[1], [1]], correct: [[0], [1]] })).toEqual([
      { threshold: 1, exitCounts: [1, 0], correct: 0 },
      { threshold: 1 + Number.EPSILON, exitCounts: [0, 1], correct: 1 },
    ]);
  });

  test("one exit has one point", () => {
    expect(speedAccuracyCurve({ confidences: [[0.6, 0.8]], correct: [[1, 0]] })).toEqual([
      { threshold: 1, exitCounts: [2], correct: 1 },
    ]);
  });

  test("no example leaves at an exit that is less sure than the one before", () => {
    const points = speedAccuracyCurve({
      confidences: [[0.8], [0.7], [0.9]],
      correct: [[1], [0], [1]],
    });
    expect(points.map((p) => p.exitCounts)).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });

  test("handles a hundred thousand examples", () => {
    const n = 100_000;
    const rows = Array.from({ length: 4 }, (_, e) =>
      Float64Array.from({ length: n }, (_, i) => 0.5 + ((i * (7919 + 2 * e)) % 99991) / 200_000),
    );
    const points = speedAccuracyCurve({
      confidences: rows,
      correct: rows.map(() => new Uint8Array(n)),
    });
    expect(points.length).toBeGreaterThan(90_000);
  });

  test("rejects empty input, and rows of different lengths", () => {
    expect(() => speedAccuracyCurve({ confidences: [], correct: [] })).toThrow(RangeError);
    expect(() => speedAccuracyCurve({ confidences: [[]], correct: [[]] })).toThrow(RangeError);
    expect(() => speedAccuracyCurve({ confidences: [[1], [1, 1]], correct: [[1], [1]] })).toThrow(
      "speedAccuracyCurve: confidences and correct must both be [E, N] with E and N at least 1, got rows of 1, 2, 1, 1",
    );
  });
});
