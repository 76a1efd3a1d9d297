import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { binomialDistribution } from "./binomial.ts";
import { countsBootstrap } from "./counts-bootstrap.ts";

interface Reference {
  bootstrap: { differences: number[]; levels: { level: number; interval: [number, number] }[] };
}

const file = new URL("../reference/statistics.json", import.meta.url);
const { bootstrap } = JSON.parse(await readFile(file, "utf8")) as Reference;

describe("countsBootstrap", () => {
  test("agrees with SciPy's percentile intervals of a mean", () => {
    const { differences, levels } = bootstrap;
    const n = differences.length;
    const counts = [-1, 0, 1].map((value) => differences.filter((d) => d === value).length);
    const mean = ([minus = 0, , plus = 0]: Uint32Array) => (plus - minus) / n;
    for (const { level, interval } of levels) {
      const [got] = countsBootstrap(counts, [mean], { level, resamples: 99_999 });
      // Means are whole multiples of 1 / 89; at an end, chance may decide between neighbours.
      interval.forEach((end, i) =>
        expect(Math.abs((got?.[i] ?? NaN) - end)).toBeLessThan(1.01 / n),
      );
    }
  });

  test("the interval of a share has the binomial's tails beyond it", () => {
    const n = 503;
    const [[low, high] = [NaN, NaN]] = countsBootstrap([151, 0, 352], [([a = 0]) => a], {
      level: 0.9,
      resamples: 9999,
    });
    expect(binomialDistribution(low - 1, n, 151 / n)).toBeLessThan(0.055);
    expect(binomialDistribution(low, n, 151 / n)).toBeGreaterThan(0.045);
    expect(binomialDistribution(high - 1, n, 151 / n)).toBeLessThan(0.955);
    expect(binomialDistribution(high, n, 151 / n)).toBeGreaterThan(0.945);
  });

  test("every resample has as many examples, and none in an empty cell", () => {
    const seen: number[][] = [];
    const keep = (counts: Uint32Array) => {
      seen.push([...counts]);
      return 0;
    };
    countsBootstrap([0, 5, 0, 1, 11], [keep], { resamples: 99 });
    expect(seen).toHaveLength(99);
    for (const counts of seen) {
      expect(counts.reduce((a, b) => a + b, 0)).toBe(17);
      expect([counts[0], counts[2]]).toEqual([0, 0]);
    }
    expect(new Set(seen.map(String)).size).toBeGreaterThan(20);
  });

  test("the same seed gives the same interval, and all statistics share the draws", () => {
    const first = ([a = 0]: Uint32Array) => a / 40;
    const twice = ([a = 0]: Uint32Array) => a / 20;
    const [one, two] = countsBootstrap([13, 27], [first, twice]);
    expect(countsBootstrap([13, 27], [first])).toEqual([one]);
    expect(two).toEqual(one?.map((end) => 2 * end));
    const many = (seed: number) =>
      countsBootstrap([13_000, 27_000], [first], { seed, resamples: 199 });
    expect(many(2)).not.toEqual(many(3));
  });

  test("refuses no examples, statistics that are not finite, and too few resamples", () => {
    expect(() => countsBootstrap([0, 0], [() => 1])).toThrow(/at least one example, got 0/);
    expect(() => countsBootstrap([1], [() => NaN])).toThrow(/must be finite, got NaN/);
    expect(() => countsBootstrap([1], [() => 1], { level: 0.9999 })).toThrow(/take 20001 or more/);
  });
});
