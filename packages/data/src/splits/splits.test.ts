import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitNames, splitRows, type SplitSizes, stratifiedOrder } from "./splits.ts";

const labelled = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 40, maxLength: 300 });
const seed = fc.nat();
const sizes: SplitSizes = {
  calibrationSize: 0.1,
  thresholdSize: 7,
  testSize: 0.3,
  trainSize: "all",
};

/** How many of the rows have the label. */
function count(labels: readonly number[], rows: readonly number[], label: number): number {
  return rows.filter((row) => labels[row] === label).length;
}

describe("stratifiedOrder", () => {
  test("holds each row once", () => {
    fc.assert(
      fc.property(labelled, seed, (labels, seed) => {
        const order = stratifiedOrder(labels, seed);
        expect(order.sort((a, b) => a - b)).toEqual([...labels.keys()]);
      }),
    );
  });

  test("any stretch has each label in its share, to within one row", () => {
    fc.assert(
      fc.property(labelled, seed, fc.nat(), fc.nat(), (labels, seed, a, b) => {
        const order = stratifiedOrder(labels, seed);
        const [begin, end] = [a % labels.length, b % labels.length].sort((p, q) => p - q);
        const all = new Set(labels);
        for (const label of all) {
          const found = count(labels, order.slice(begin, end), label);
          const share = (count(labels, order, label) * ((end ?? 0) - (begin ?? 0))) / labels.length;
          expect(Math.abs(found - share)).toBeLessThanOrEqual(all.size);
        }
      }),
    );
  });
});

describe("splitRows", () => {
  test("the splits are disjoint, have the requested sizes and contain all rows", () => {
    fc.assert(
      fc.property(labelled, seed, (labels, seed) => {
        const rows = splitRows(labels, sizes, { seed, where: "x" });
        const all = splitNames.flatMap((name) => rows[name]);
        expect(all.sort((a, b) => a - b)).toEqual([...labels.keys()]);
        expect(rows.threshold).toHaveLength(7);
        expect(rows.calibration).toHaveLength(Math.round(0.1 * labels.length));
        expect(rows.test).toHaveLength(Math.round(0.3 * labels.length));
      }),
    );
  });

  test("trainSize changes no other split, and a smaller one is the start of a larger", () => {
    fc.assert(
      fc.property(labelled, seed, fc.integer({ min: 1, max: 400 }), (labels, seed, trainSize) => {
        const all = splitRows(labels, sizes, { seed, where: "x" });
        const capped = splitRows(labels, { ...sizes, trainSize }, { seed, where: "x" });
        expect(capped).toEqual({ ...all, train: all.train.slice(0, trainSize) });
      }),
    );
  });

  test("each of 2 balanced labels is in each split to within one of half", () => {
    const labels = Array.from({ length: 1000 }, (_, i) => i % 2);
    const rows = splitRows(labels, sizes, { seed: 3, where: "x" });
    for (const name of splitNames) {
      const ones = count(labels, rows[name], 1);
      expect(Math.abs(ones - rows[name].length / 2)).toBeLessThanOrEqual(1);
    }
  });

  test("the seed decides, and nothing else", () => {
    const labels = Array.from({ length: 200 }, (_, i) => i % 3);
    const of = (seed: number) => splitRows(labels, sizes, { seed, where: "x" });
    expect(of(1)).toEqual(of(1));
    expect(of(1).test).not.toEqual(of(2).test);
  });

  test("too few examples: says how many there are and how many are needed", () => {
    const labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
    expect(() =>
      splitRows(
        labels,
        { ...sizes, calibrationSize: 3, testSize: 0.2 },
        { seed: 1, where: "reviews.csv" },
      ),
    ).toThrow(
      "reviews.csv: the splits need at least 14 examples, but there are 10: 3 for calibration, 7 for threshold, 2 for test and 2 to train on, one of each label; add examples, or lower calibrationSize, thresholdSize or testSize",
    );
  });
});

describe("official test examples", () => {
  const labels = Array.from({ length: 40 }, (_, i) => i % 2);
  const testLabels = Array.from({ length: 20 }, (_, i) => (i < 15 ? 0 : 1));
  const sizes = { calibrationSize: 5, thresholdSize: 5, trainSize: "all" } as const;
  const place = { seed: 3, where: "here" };

  test("are the test split, all of them or the requested number, stratified", () => {
    const all = splitRows(labels, sizes, place, testLabels);
    expect(all.test.toSorted((a, b) => a - b)).toEqual([...testLabels.keys()]);
    const rest = [...all.train, ...all.calibration, ...all.threshold];
    expect(rest.sort((a, b) => a - b)).toEqual([...labels.keys()]);
    const some = splitRows(labels, { ...sizes, testSize: 8 }, place, testLabels);
    expect(some.test.map((row) => testLabels[row]).filter((l) => l === 0)).toHaveLength(6);
    expect(splitRows(labels, { ...sizes, testSize: 0.25 }, place, testLabels).test).toHaveLength(5);
  });

  test("leave the first examples for training if asked to, whatever the seed", () => {
    const first = { ...sizes, trainSize: 12, trainSelection: "first" } as const;
    for (const seed of [1, 2]) {
      const rows = splitRows(labels, first, { seed, where: "here" }, testLabels);
      expect(rows.train).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect(Math.min(...rows.calibration, ...rows.threshold)).toBeGreaterThan(11);
    }
    const few = splitRows(labels, { ...first, trainSize: 100 }, place, testLabels);
    expect(few.train).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });
});
