import { describe, expect, test } from "vitest";
import { fakeCell, threeMethods } from "../testing.ts";
import { summarise } from "../summary/summary.ts";
import { textTable } from "./table.ts";

describe("textTable", () => {
  test("shows methods, exits, half of the cost, n and the majority", () => {
    const cells = threeMethods({ examples: 1012 });
    const table = textTable(summarise(cells));
    expect(table).toContain("reviews, minilm (n 1,012, always “negative”: 50.4)");
    expect(table).toMatch(/layer 1 +layer 2 +layer 4 +layer 6 +at 50% cost\n/);
    for (const { results } of cells) {
      for (const { accuracy, interval } of [
        ...results.exits,
        ...results.atBudget.filter((b) => b.budget === 0.5),
      ]) {
        const half = (interval[1] - interval[0]) / 2;
        expect(table).toContain(`${(100 * accuracy).toFixed(1)} ±${(100 * half).toFixed(1)}`);
      }
    }
    expect(table.split("\n").map((line) => line.trimEnd())).toEqual(table.split("\n"));
  });

  test("shows the range of several seeds", () => {
    const cells = [1, 2].map((seed) => fakeCell({ seed, examples: 200 }));
    const [low, high] = cells
      .map((c) => (100 * (c.results.exits[0]?.accuracy ?? 0)).toFixed(1))
      .sort();
    expect(textTable(summarise(cells))).toContain(`${low}-${high}`);
  });

  test("has at most 100 columns for any names and number of exits", () => {
    const cells = threeMethods({
      examples: 60,
      exitLayers: Array.from({ length: 12 }, (_, i) => i + 1),
      task: "a task whose name somebody made very long indeed, longer than a terminal is wide, and then some",
      labels: ["a label that is as long as a sentence, too", "b"],
    });
    const table = textTable(summarise(cells));
    expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    for (let layer = 1; layer <= 12; layer++) expect(table).toContain(`layer ${layer}`);
  });

  test("shows a dash for a budget or exit that a method does not have", () => {
    const cells = [
      fakeCell({ examples: 60, exitLayers: [5, 6] }),
      fakeCell({ examples: 60, exitLayers: [1, 6], method: "sweet" }),
    ];
    const row = textTable(summarise(cells))
      .split("\n")
      .find((line) => line.startsWith("Early-Exit"));
    expect(row).toMatch(/^Early-Exit +- +\d+\.\d ±\d\.\d +\d+\.\d ±\d\.\d +-$/);
  });
});
