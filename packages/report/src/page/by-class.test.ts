import { describe, expect, test } from "vitest";
import { fakeCell, threeMethods } from "../testing.ts";
import { summarise } from "../summary/summary.ts";
import { byClass } from "./by-class.ts";
import { headlineTable } from "./html-tables.ts";
import { textTable } from "./table.ts";

const shown = (value = NaN) => (100 * value).toFixed(1);

function groupOf(cells: ReturnType<typeof threeMethods>) {
  const [group] = summarise(cells);
  if (group === undefined) throw new Error("no group");
  return group;
}

describe("byClass", () => {
  test("shows the other metrics at each exit, and each class's precision and recall", () => {
    const cells = threeMethods({ examples: 101 });
    const page = byClass(groupOf(cells));
    expect(page).toContain("Macro-F1 × 100 with its 95% interval.");
    expect(page).toContain("Matthews correlation × 100 with its 95% interval.");
    expect(page).not.toContain("Accuracy in %");
    for (const { results } of cells) {
      for (const { metrics } of [...results.exits, ...results.atBudget.slice(1, 2)]) {
        const { value, interval } = metrics.scores["mcc"] ?? { value: NaN, interval: [NaN, NaN] };
        expect(page).toContain(
          `<td>${shown(value)}<small>${shown(interval[0])}–${shown(interval[1])}</small></td>`,
        );
      }
      const full = results.exits.at(-1)?.metrics;
      expect(page).toContain(`<td>${shown(full?.perClass[1]?.recall.value)}<small>`);
      const [row] = full?.confusion ?? [];
      expect(page).toContain(
        `<tr><th scope="row">negative</th>${row?.map((n) => `<td>${n}</td>`).join("")}</tr>`,
      );
    }
  });

  test("adds up the seeds' confusion, and shows none of many classes", () => {
    const cells = [1, 2].map((seed) => fakeCell({ seed, examples: 60 }));
    const sum = cells.reduce(
      (all, { results }) => all + (results.exits.at(-1)?.metrics.confusion?.[0]?.[0] ?? 0),
      0,
    );
    const page = byClass(groupOf(cells));
    expect(page).toContain("all seeds together");
    expect(page).toContain(`<th scope="row">negative</th><td>${sum}</td>`);
    const labels = Array.from({ length: 13 }, (_, k) => `<class> ${k}`);
    const many = byClass(groupOf([fakeCell({ labels, examples: 130 })]));
    expect(many).not.toContain("rows are true classes");
    expect(many).toContain("&lt;class&gt; 12");
  });

  test("a class that is never answered has a dash for its precision", () => {
    const cell = fakeCell({ examples: 40 });
    const full = cell.results.exits.at(-1)?.metrics.perClass[0];
    if (full !== undefined) full.answered = 0;
    expect(byClass(groupOf([cell]))).toMatch(
      /negative<small>20 examples<\/small><\/th><td>–<\/td><td>\d/,
    );
  });
});

describe("a task that is judged by another metric", () => {
  const cells = threeMethods({ examples: 211, metric: "mcc" });
  const group = groupOf(cells);

  test("has it in the headline tables, times 100, and accuracy by class", () => {
    const page = headlineTable(group);
    expect(page).toContain("Matthews correlation × 100 with its 95% interval, n 211.");
    expect(page).toContain("Always answering “negative” scores 0.0.");
    const first = cells[0]?.results.exits[0]?.metrics.scores["mcc"];
    expect(page).toContain(`<td>${shown(first?.value)}<small>${shown(first?.interval[0])}`);
    expect(byClass(group)).toContain("Accuracy in % with its 95% interval.");
    const table = textTable([group]);
    expect(table).toContain("Where a task names a metric, that times 100 stands in place of");
    expect(table).toContain("(Matthews correlation, n 211, always “negative”: 0.0)");
    expect(table).toContain(`${shown(first?.value)} ±`);
    expect(Math.max(...table.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("F1 of always answering the second class is shown as it is", () => {
    const judged = fakeCell({ examples: 200, metric: "f1" });
    judged.results.majority = { label: "positive", share: 0.5 };
    // 100 of 200: a precision of a half and a recall of 1.
    expect(headlineTable(groupOf([judged]))).toContain("scores 66.7");
  });
});
