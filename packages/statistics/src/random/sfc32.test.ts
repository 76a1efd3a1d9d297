import { expect, test } from "vitest";
import reference from "../../reference/statistics.json" with { type: "json" };
import { sfc32 } from "./sfc32.ts";

test("the stream is sfc32's and uses all 64 bits of the seed", () => {
  for (const { seed, words } of reference.sfc32) {
    const draw = sfc32(seed);
    expect(words.map(() => draw(2 ** 32))).toEqual(words);
  }
});

test("draws are below the bound, all values equally often", () => {
  const draw = sfc32(7);
  const counts = Array.from({ length: 13 }, () => 0);
  for (let i = 0; i < 130_000; i++) {
    const value = draw(13);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  // Chi-square of 12 degrees of freedom: above 32.9 once in a thousand seeds.
  expect(counts).toHaveLength(13);
  expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(32.9);
});
