import { describe, expect, test } from "vitest";
import { fakeCell, threeMethods } from "../testing.ts";
import type { ReportedCell } from "../cell.ts";
import { compare } from "./comparisons.ts";
import { findings, findingsBasis } from "../page/findings.ts";
import { type Group, summarise } from "./summary.ts";

function groupOf(cells: ReportedCell[]): Group {
  const [group] = summarise(cells);
  if (group === undefined) throw new Error("no group");
  return group;
}

/** A cell with one exit (and no budget) that is right on examples `from` to `to` of 200. */
function oneExit(
  method: "early-exit" | "sweet" | "multi-model",
  [from, to]: [number, number],
  seed = 1,
): ReportedCell {
  const cell = fakeCell({ method, seed, examples: 200, exitLayers: [6] });
  const right = Int32Array.from({ length: 200 }, (_, i) => Number(i >= from && i < to));
  const accuracy = (to - from) / 200;
  const exits = cell.results.exits.map((e) => ({
    ...e,
    accuracy,
    correct: to - from,
    interval: [accuracy - 0.05, Math.min(1, accuracy + 0.05)] as [number, number],
  }));
  return {
    ...cell,
    results: { ...cell.results, exits, atBudget: [] },
    right: { exits: [right], atBudget: [] },
  };
}

describe("compare", () => {
  test("claims an order if the interval and every seed support it", () => {
    const group = groupOf([oneExit("early-exit", [0, 140]), oneExit("sweet", [0, 190])]);
    const [comparison] = compare(group);
    expect(comparison).toMatchObject({
      at: "layer 6",
      first: "Early-Exit",
      second: "SWEET",
      ahead: "SWEET",
      seedDifferences: [-0.25],
    });
    expect(comparison?.difference).toBeCloseTo(-0.25, 12);
    expect(findings(group, compare(group))).toContainEqual(
      expect.stringMatching(
        /^Layer 6: SWEET is ahead of Early-Exit by 25\.0 \(1\d\.\d to 3\d\.\d\)\.$/,
      ),
    );
  });

  test("claims none if the interval contains 0, and says so", () => {
    const group = groupOf([oneExit("early-exit", [0, 140]), oneExit("sweet", [2, 143])]);
    const comparisons = compare(group);
    expect(comparisons[0]?.ahead).toBeNull();
    const texts = findings(group, comparisons);
    expect(texts).toContain("Layer 6: no significant difference between Early-Exit and SWEET.");
    expect(texts.join(" ")).not.toContain("ahead");
  });

  test("claims none if one seed disagrees, however clear the mean", () => {
    const group = groupOf([
      oneExit("early-exit", [0, 60], 1),
      oneExit("early-exit", [0, 150], 2),
      oneExit("sweet", [0, 190], 1),
      oneExit("sweet", [0, 149], 2),
    ]);
    const [comparison] = compare(group);
    expect(comparison?.interval[1]).toBeLessThan(0);
    expect(comparison?.seedDifferences.map((d) => Math.sign(d))).toEqual([-1, 1]);
    expect(comparison?.ahead).toBeNull();
  });

  test("pairs by example: equal differences are significant only if errors are nested", () => {
    const paired = compare(groupOf([oneExit("early-exit", [0, 150]), oneExit("sweet", [0, 160])]));
    const crossed = compare(
      groupOf([oneExit("early-exit", [0, 150]), oneExit("sweet", [40, 200])]),
    );
    expect(paired[0]?.ahead).toBe("SWEET");
    expect(crossed[0]?.difference).toBeCloseTo(-0.05, 12);
    expect(crossed[0]?.ahead).toBeNull();
  });

  test("leaves out cells tested on other examples, and says so", () => {
    const other = oneExit("sweet", [0, 190]);
    const group = groupOf([
      oneExit("early-exit", [0, 140]),
      { ...other, results: { ...other.results, testSha256: "another" } },
    ]);
    expect(compare(group)).toEqual([]);
    expect(findingsBasis(group, [])).toContain("Not compared");
  });

  test("more comparisons make each interval wider", () => {
    const two = compare(groupOf(threeMethods({ examples: 200 }).slice(0, 2)));
    const three = compare(groupOf(threeMethods({ examples: 200 })));
    const width = (list: typeof two) => {
      const c = list.find((c) => c.at === "layer 4" && c.second === "SWEET");
      return (c?.interval[1] ?? NaN) - (c?.interval[0] ?? NaN);
    };
    // Two methods: 4 exits, 3 budgets, 2 depths. Three: 3 * (4 + 3) + 3.
    expect(two.length).toBe(9);
    expect(three.length).toBe(24);
    expect(width(three)).toBeGreaterThan(width(two));
  });

  test("compares the last exit with the first within each method", () => {
    const group = groupOf(threeMethods({ examples: 600 }));
    const depth = compare(group).filter((c) => c.kind === "depth");
    expect(depth.map((c) => c.at)).toEqual(["Early-Exit", "SWEET", "Multi-Model"]);
    expect(findings(group, depth)[1]).toMatch(
      /^From the first exit to the last: Early-Exit gains /,
    );
  });
});

test("names an exit that does not beat the majority", () => {
  const group = groupOf([oneExit("early-exit", [0, 102]), oneExit("sweet", [0, 190])]);
  expect(findings(group, [])[0]).toBe(
    "Not significantly better than always answering “negative”, which scores 50.4% (by the 95% interval): Early-Exit at layer 6.",
  );
  const better = groupOf([oneExit("sweet", [0, 190])]);
  expect(findings(better, [])[0]).toBe(
    "Every exit is better than always answering “negative”, which scores 50.4%: the closest by 44.6 points.",
  );
});
