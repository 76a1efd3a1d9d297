import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { labelProblems } from "./label-problems.ts";

interface Reference {
  cases: { labels: number[]; probabilities: number[][]; issues: number[] }[];
}

const file = new URL("../../reference/label-problems.json", import.meta.url);
const { cases } = JSON.parse(await readFile(file, "utf8")) as Reference;

describe("labelProblems", () => {
  test.each(cases)("finds and orders what cleanlab does, case %#", (reference) => {
    const { labels, probabilities, issues } = reference;
    const suspects = labelProblems(probabilities, labels);
    expect(suspects.map(({ example }) => example)).toEqual(issues);
    const margins = suspects.map(({ margin }) => margin);
    expect(margins).toEqual(margins.toSorted((a, b) => a - b));
  });

  test("by hand: a class's threshold is the mean over the examples labelled with it", () => {
    const probabilities = [
      [0.9, 0.1],
      [0.7, 0.3],
      [0.3, 0.7],
      [0.1, 0.9],
      [0.1, 0.9],
      [0.8, 0.2],
    ];
    // Thresholds: (0.9 + 0.7 + 0.3) / 3 = 0.633 and (0.9 + 0.9 + 0.2) / 3 = 0.667.
    expect(labelProblems(probabilities, [0, 0, 0, 1, 1, 1])).toEqual([
      { example: 5, suggestion: 0, margin: 0.2 - 0.8 },
      { example: 2, suggestion: 1, margin: 0.3 - 0.7 },
    ]);
  });

  test("never suggests a class without examples, and finds nothing where all is as labelled", () => {
    expect(labelProblems([[0.1, 0.2, 0.7]], [1])).toEqual([]);
    expect(
      labelProblems(
        [
          [0.6, 0.4],
          [0.4, 0.6],
        ],
        [0, 1],
      ),
    ).toEqual([]);
  });
});
