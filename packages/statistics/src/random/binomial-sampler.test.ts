import { describe, expect, test } from "vitest";
import { binomialDistribution } from "../binomial.ts";
import { binomialSampler } from "./binomial-sampler.ts";

const draws = 20_000;

describe("binomialSampler", () => {
  test.each([
    [1, 0.3],
    [7, 0.5],
    [101, 0.02],
    [101, 0.97],
    [5003, 0.4],
    [40_009, 0.001],
  ])("%d trials of %d follow the binomial distribution", (n, p) => {
    const sample = binomialSampler(n, 5);
    const counts = new Map<number, number>();
    for (let i = 0; i < draws; i++) {
      const k = sample(n, p);
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    let below = 0;
    for (const k of [...counts.keys()].sort((a, b) => a - b)) {
      below += counts.get(k) ?? 0;
      // Kolmogorov's distance, which 20,000 draws keep within 0.0138 in 999 of 1000 streams.
      expect(Math.abs(below / draws - binomialDistribution(k, n, p))).toBeLessThan(0.0138);
    }
  });

  test("is certain where nothing is left to chance", () => {
    const sample = binomialSampler(13, 1);
    expect([sample(0, 0.5), sample(13, 0), sample(13, 1)]).toEqual([0, 0, 13]);
  });

  test("the same seed gives the same draws, another seed others", () => {
    const ten = (seed: number) => {
      const sample = binomialSampler(1000, seed);
      return Array.from({ length: 10 }, () => sample(1000, 0.5));
    };
    expect(ten(3)).toEqual(ten(3));
    expect(ten(3)).not.toEqual(ten(4));
  });
});
