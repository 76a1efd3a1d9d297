import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meanCurve, stepAt, thin } from "./step-curve.ts";

const curve = fc
  .uniqueArray(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 1, maxLength: 60 })
  .chain((xs) =>
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: xs.length,
        maxLength: xs.length,
      })
      .map((ys) => xs.sort((a, b) => a - b).map((x, i) => ({ x, y: ys[i] ?? 0 }))),
  );

test("a budget gets the last point within it", () => {
  const points = [
    { x: 1, y: 10 },
    { x: 2, y: 20 },
  ];
  expect([0, 1, 1.9, 2, 3].map((x) => stepAt(points, x))).toEqual([10, 10, 10, 20, 20]);
});

test("the mean of curves covers the range that all of them cover", () => {
  const mean = meanCurve(
    [
      [
        { x: 0, y: 0 },
        { x: 2, y: 1 },
      ],
      [
        { x: 1, y: 0.5 },
        { x: 3, y: 0.7 },
      ],
    ],
    2,
  );
  expect(mean).toEqual([
    { x: 1, y: 0.25 },
    { x: 1.5, y: 0.25 },
    { x: 2, y: 0.75 },
  ]);
});

describe("thin", () => {
  test("keeps the ends, the extremes and the order, and at most four points per column", () => {
    fc.assert(
      fc.property(curve, fc.integer({ min: 1, max: 20 }), (points, columns) => {
        const kept = thin(points, columns);
        expect(kept[0]).toEqual(points[0]);
        expect(kept.at(-1)).toEqual(points.at(-1));
        for (const extreme of [Math.min, Math.max]) {
          expect(extreme(...kept.map((p) => p.y))).toBe(extreme(...points.map((p) => p.y)));
        }
        expect(kept.map((p) => p.x)).toEqual(kept.map((p) => p.x).sort((a, b) => a - b));
        expect(kept.length).toBeLessThanOrEqual(4 * (columns + 1));
      }),
    );
  });

  test("drops nothing if there are few points", () => {
    const points = Array.from({ length: 10 }, (_, i) => ({ x: i, y: (i * 7) % 10 }));
    expect(thin(points, 100)).toEqual(points);
  });
});
