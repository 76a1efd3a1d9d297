import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keepGroupsTogether } from "./grouped-split.ts";
import { splitNames, splitRows, type SplitSizes } from "./splits.ts";

const place = { seed: 3, where: "words" };

test("a group that fits is taken whole; the surplus of one that does not is left out", () => {
  const labels = [0, 0, 1, 1, 0];
  const groups = ["a", "a", "a", "b", "b"];
  // One row of each label: only b fits.
  expect(
    keepGroupsTogether({ stretches: [[0, 2]], rest: [1, 3, 4] }, labels, groups, place),
  ).toEqual({ held: [[3, 4]], rest: [0, 2, 1], leftOut: 0 });
  // Two of one group of three, if there is no other.
  const three = keepGroupsTogether(
    { stretches: [[0, 2]], rest: [1] },
    labels.slice(0, 3),
    groups.slice(0, 3),
    place,
  );
  expect(three).toEqual({ held: [[0, 2]], rest: [], leftOut: 1 });
});

test("too few groups: says what to lower", () => {
  const labels = Array.from({ length: 40 }, (_, i) => i % 2);
  const groups = labels.map(() => "one");
  const sizes = { calibrationSize: 5, thresholdSize: 7, testSize: 11, trainSize: "all" } as const;
  expect(() => splitRows(labels, sizes, place, undefined, groups)).toThrow(
    "words: too few groups to hold out splits of 11, 7, 5 examples; lower calibrationSize, thresholdSize or testSize",
  );
});

describe("splits of grouped rows", () => {
  const rows = fc.array(
    fc.record({ label: fc.integer({ min: 0, max: 2 }), group: fc.integer({ min: 0, max: 60 }) }),
    { minLength: 150, maxLength: 300 },
  );
  const sizes: SplitSizes = {
    calibrationSize: 11,
    thresholdSize: 13,
    testSize: 0.15,
    trainSize: "all",
  };
  const grouped = (
    rows: readonly { label: number; group: number }[],
    seed: number,
    some: Partial<SplitSizes> = {},
  ) => {
    const labels = rows.map((r) => r.label);
    // A group below 10 is none: such rows are alone.
    const groups = rows.map((r) => (r.group < 10 ? undefined : String(r.group)));
    const place = { seed, where: "x" };
    const split = splitRows(labels, { ...sizes, ...some }, place, undefined, groups);
    return { labels, groups, split, alone: splitRows(labels, sizes, place) };
  };

  test("no group lies in two splits, and each row is in one of them or counted as left out", () => {
    fc.assert(
      fc.property(rows, fc.nat(), (rows, seed) => {
        const { groups, split } = grouped(rows, seed);
        const seen = new Map<string, string>();
        for (const name of splitNames)
          for (const row of split[name]) {
            const group = groups[row] ?? `row ${row}`;
            expect(seen.get(group) ?? name).toBe(name);
            seen.set(group, name);
          }
        const all = splitNames.flatMap((name) => split[name]);
        expect(new Set(all).size).toBe(all.length);
        expect(all.length + split.leftOut).toBe(rows.length);
      }),
    );
  });

  test("the held-out splits have the same sizes and labels as without groups", () => {
    fc.assert(
      fc.property(rows, fc.nat(), (rows, seed) => {
        const { labels, split, alone } = grouped(rows, seed);
        const sorted = (rows: readonly number[]) => rows.map((row) => labels[row]).sort();
        for (const name of ["calibration", "threshold", "test"] as const)
          expect(sorted(split[name])).toEqual(sorted(alone[name]));
      }),
    );
  });

  test("trainSize changes no held-out split, and a smaller training split is the start of a larger one", () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.integer({ min: 3, max: 90 }), (rows, seed, trainSize) => {
        const { split: all } = grouped(rows, seed);
        const { split: capped } = grouped(rows, seed, { trainSize });
        expect(capped).toEqual({ ...all, train: all.train.slice(0, trainSize) });
      }),
    );
  });

  test("if the first examples are trained on, none of their groups is held out", () => {
    fc.assert(
      fc.property(rows, fc.nat(), (rows, seed) => {
        const { groups, split } = grouped(rows, seed, { trainSize: 20, trainSelection: "first" });
        const trained = new Set(groups.slice(0, 20));
        trained.delete(undefined);
        const held = [...split.calibration, ...split.threshold, ...split.test];
        expect(held.filter((row) => row < 20 || trained.has(groups[row]))).toEqual([]);
      }),
    );
  });
});

test("first examples whose groups leave too few to hold out: says how many are left", () => {
  const labels = Array.from({ length: 40 }, (_, i) => i % 2);
  const groups = labels.map((_, i) => String(i % 20));
  const sizes = { calibrationSize: 5, thresholdSize: 7, testSize: 11 };
  const first = { ...sizes, trainSize: 17, trainSelection: "first" } as const;
  expect(() => splitRows(labels, first, place, undefined, groups)).toThrow(
    "words: expected 23 examples to hold out, but without the groups of the first 17 only 6 are left; lower trainSize",
  );
});

test("groups of 2 labels in equal parts stay whole", () => {
  const labels = Array.from({ length: 600 }, (_, i) => i % 2);
  const groups = labels.map((_, i) => String(Math.floor(i / 10)));
  const sizes = {
    calibrationSize: 70,
    thresholdSize: 90,
    testSize: 110,
    trainSize: "all",
  } as const;
  const { leftOut, train } = splitRows(labels, sizes, place, undefined, groups);
  expect([leftOut, train.length]).toEqual([0, 330]);
});
