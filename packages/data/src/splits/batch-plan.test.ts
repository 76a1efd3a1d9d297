import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchPlan, type PlannedBatch } from "./batch-plan.ts";
import { bucketLengths } from "./length-buckets.ts";

const rowLengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 150 });
const call = fc.record({
  lengths: rowLengths,
  batchSize: fc.integer({ min: 1, max: 17 }),
  epochs: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(),
});

function epochsOf(plan: readonly PlannedBatch[]): PlannedBatch[][] {
  return Array.from({ length: (plan.at(-1)?.epoch ?? -1) + 1 }, (_, epoch) =>
    plan.filter((batch) => batch.epoch === epoch),
  );
}

describe("batchPlan", () => {
  test("each epoch has each row once, and epochs are in order", () => {
    fc.assert(
      fc.property(call, (given) => {
        const plan = batchPlan(given);
        const epochs = epochsOf(plan);
        expect(epochs).toHaveLength(given.epochs);
        expect(plan).toEqual(epochs.flat());
        for (const batches of epochs) {
          const rows = batches.flatMap((b) => [...b.indices]).sort((a, b) => a - b);
          expect(rows).toEqual([...given.lengths.keys()]);
        }
      }),
    );
  });

  test("each row fits into its batch, at most one batch of an epoch is short, at most 8 lengths", () => {
    fc.assert(
      fc.property(call, (given) => {
        for (const batches of epochsOf(batchPlan(given))) {
          for (const { indices, length } of batches) {
            for (const row of indices) expect(given.lengths[row]).toBeLessThanOrEqual(length);
          }
          const short = batches.filter((b) => b.indices.length !== given.batchSize);
          expect(short.length).toBe(given.lengths.length % given.batchSize === 0 ? 0 : 1);
          for (const b of short) expect(b.length).toBe(Math.max(...given.lengths));
          expect(new Set(batches.map((b) => b.length)).size).toBeLessThanOrEqual(8);
        }
      }),
    );
  });

  test("batches of one length come in blocks of 8, except the last", () => {
    const lengths = Array.from({ length: 1009 }, (_, i) => 5 + ((i * 31) % 53));
    for (const batches of epochsOf(batchPlan({ lengths, batchSize: 4, epochs: 3, seed: 5 }))) {
      const runs: number[] = [];
      batches.forEach((batch, i) => {
        if (batches[i - 1]?.length === batch.length) runs.push((runs.pop() ?? 0) + 1);
        else runs.push(1);
      });
      const ofLength = new Map<number, number>();
      for (const { length } of batches) ofLength.set(length, (ofLength.get(length) ?? 0) + 1);
      const blocks = [...ofLength.values()].reduce((sum, n) => sum + Math.ceil(n / 8), 0);
      expect(runs.length).toBeLessThanOrEqual(blocks);
      expect(runs.length).toBeGreaterThan(ofLength.size);
    }
  });

  test("with at most one length, is padded to the longest row", () => {
    const lengths = Array.from({ length: 61 }, (_, i) => 3 + (i % 29));
    const plan = batchPlan({ lengths, batchSize: 8, epochs: 2, seed: 1, mostLengths: 1 });
    expect(plan).toHaveLength(2 * 8);
    expect(new Set(plan.map((b) => b.length))).toEqual(new Set([31]));
  });

  test("same arguments, same plan; the seed and the epoch change it", () => {
    const lengths = Array.from({ length: 211 }, (_, i) => 3 + (i % 29));
    const given = { lengths, batchSize: 8, epochs: 2, seed: 3 };
    const plan = batchPlan(given);
    expect(batchPlan(given)).toEqual(plan);
    expect(batchPlan({ ...given, seed: 4 })).not.toEqual(plan);
    const [first, second] = epochsOf(plan).map((epoch) => epoch.map((b) => b.indices));
    expect(second).not.toEqual(first);
    // More epochs go on where fewer stopped.
    expect(batchPlan({ ...given, epochs: 3 }).slice(0, plan.length)).toEqual(plan);
  });

  test("batches are drawn anew in each epoch", () => {
    const plan = batchPlan({
      lengths: Array<number>(64).fill(9),
      batchSize: 8,
      epochs: 2,
      seed: 1,
    });
    const companions = epochsOf(plan).map(
      (epoch) => new Set(epoch.find((b) => b.indices.includes(0))?.indices),
    );
    expect(companions[0]).not.toEqual(companions[1]);
  });

  test("a fixed plan, so that another machine or version makes the same", () => {
    const plan = batchPlan({ lengths: [3, 9, 4, 9, 5, 3, 8], batchSize: 2, epochs: 1, seed: 1 });
    expect(plan.map((b) => [b.length, ...b.indices])).toEqual([
      [5, 2, 4],
      [9, 6, 1],
      [9, 3],
      [3, 5, 0],
    ]);
  });

  test("says which argument is wrong", () => {
    const given = { lengths: [3], batchSize: 2, epochs: 1, seed: 0 };
    expect(() => batchPlan({ ...given, batchSize: 0 })).toThrow(
      "batchPlan: batchSize must be a whole number of at least 1, got 0",
    );
    expect(() => batchPlan({ ...given, epochs: 1.5 })).toThrow("epochs must be a whole number");
    expect(() => batchPlan({ ...given, lengths: [] })).toThrow("at least one row, got none");
    expect(() => batchPlan({ ...given, lengths: [4, 0] })).toThrow(
      "row 1 must have a whole number",
    );
  });
});

describe("bucketLengths", () => {
  test("no other choice of as many lengths pads less", () => {
    const small = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        small,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (lengths, batchSize, most) => {
          const counts = Array.from(
            { length: 10 },
            (_, t) => lengths.filter((l) => l === t).length,
          );
          const chosen = bucketLengths(counts, { batchSize, most });
          expect(chosen.length).toBeLessThanOrEqual(most);
          expect(chosen.at(-1)).toBe(Math.max(...lengths));
          const occurring = [...new Set(lengths)].sort((a, b) => a - b);
          const choices = subsets(occurring.slice(0, -1))
            .filter((bounds) => bounds.length < most)
            .map((bounds) => paddedTokens(lengths, [...bounds, Math.max(...lengths)], batchSize));
          expect(paddedTokens(lengths, chosen, batchSize)).toBe(Math.min(...choices));
        },
      ),
    );
  });

  test("one length pads to the longest row; with a length per row length, full batches are not padded", () => {
    const counts = [0, 0, 4, 0, 8, 4];
    expect(bucketLengths(counts, { batchSize: 4, most: 1 })).toEqual([5]);
    expect(bucketLengths(counts, { batchSize: 4, most: 8 })).toEqual([2, 4, 5]);
  });
});

function subsets(items: readonly number[]): number[][] {
  return items.reduce<number[][]>((all, item) => [...all, ...all.map((s) => [...s, item])], [[]]);
}

/** Padded tokens of an epoch, by laying its batches out. */
function paddedTokens(lengths: readonly number[], bounds: readonly number[], batchSize: number) {
  let waiting = 0;
  let tokens = 0;
  bounds.forEach((bound, i) => {
    waiting += lengths.filter((l) => l <= bound && l > (bounds[i - 1] ?? 0)).length;
    while (waiting >= batchSize || (i === bounds.length - 1 && waiting > 0)) {
      tokens += bound * batchSize;
      waiting = Math.max(0, waiting - batchSize);
    }
  });
  return tokens;
}
