import { row, rowCount } from "@sweetspot/artifact";
import { optimiseInference } from "@sweetspot/compile";
import { describe, expect, it } from "vitest";
import { calibrate, calibrationSentences, firstFeeds } from "./calibration.ts";
import { segmentGraph, segmentRanges } from "./segment-graph.ts";
import { randomCheckpoint, randomSentences } from "./testing/random-checkpoint.ts";

const lengthsOf = ({ inputIds }: ReturnType<typeof calibrationSentences>) =>
  Array.from({ length: rowCount(inputIds) }, (_, i) => row(inputIds, i).length);

describe("calibrationSentences", () => {
  it("takes all of a small split, and 256 of a large one, spread evenly", () => {
    expect(lengthsOf(calibrationSentences(randomSentences([4, 9, 6])))).toEqual([4, 9, 6]);
    const sorted = Array.from({ length: 2048 }, (_, i) => 1 + (i >> 8));
    const chosen = lengthsOf(calibrationSentences(randomSentences(sorted)));
    expect(chosen).toEqual(sorted.filter((_, i) => i % 8 === 0));
  });

  it("takes fewer long texts, of 16,384 tokens at most, but one at least", () => {
    const chosen = lengthsOf(calibrationSentences(randomSentences(Array(600).fill(100))));
    expect(chosen).toHaveLength(128);
    expect(lengthsOf(calibrationSentences(randomSentences([20_000, 5])))).toEqual([20_000]);
  });
});

describe("calibrate", () => {
  it("returns a range for each activation, and what the next segment is given", async () => {
    const checkpoint = randomCheckpoint([1, 2]);
    const [first, second] = segmentRanges(checkpoint.exitLayers).map((range) =>
      optimiseInference(segmentGraph(checkpoint, range)),
    );
    if (first === undefined || second === undefined) throw new Error("expected two segments");
    const { ranges, next } = await calibrate(first, firstFeeds(randomSentences([5, 3])));
    // Of the tokens, of the context, before and after GELU.
    expect([...ranges.values()].map((r) => r.length)).toEqual([12, 12, 12, 10]);
    expect([...ranges.values()].every((r) => r.every((x) => x > 0))).toBe(true);
    expect(next.map((f) => f["hidden"]?.dims)).toEqual([
      [1, 5, 12],
      [1, 3, 12],
    ]);
    const after = await calibrate(second, next);
    expect(after.next).toEqual([]);
    const sizes = Array.from({ length: 12 }, (_, c) =>
      Math.max(
        ...next.flatMap((f) =>
          Array.from(f["hidden"]?.data as Float32Array, Math.abs).filter((_x, i) => i % 12 === c),
        ),
      ),
    );
    // Keys and values are made of the whole input, as it was passed on.
    expect([...after.ranges.values()]).toContainEqual(Float32Array.from(sizes));
  });
});
