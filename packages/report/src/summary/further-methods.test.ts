import { describe, expect, test } from "vitest";
import { fakeCell, threeMethods } from "../testing.ts";
import type { ReportedCell } from "../cell.ts";
import { furtherMethods } from "./further-methods.ts";
import { makeReport } from "../report.ts";
import { type Group, summarise } from "./summary.ts";

/** A cell of another method whose curve is a straight line over all costs. */
function straight(method: string, [from, to]: [number, number], seed = 1): ReportedCell {
  const cell = fakeCell({ seed, examples: 101 });
  const [first] = cell.results.curve;
  const last = cell.results.curve.at(-1);
  if (first === undefined || last === undefined) throw new Error("no curve");
  const curve = [
    { ...first, accuracy: from },
    { ...last, accuracy: to },
  ];
  return {
    ...cell,
    input: `${method}-${seed}`,
    method,
    results: { ...cell.results, curve },
  };
}

function groupOf(cells: ReportedCell[]): Group {
  const [group] = summarise(cells);
  if (group === undefined) throw new Error("no group");
  return group;
}

const names = ["two-stage", "projected", "sweet-rates"];

describe("furtherMethods", () => {
  test("is the mean over the common costs, less that of the best with the same seed", () => {
    const group = groupOf([
      straight("early-exit", [0.5, 0.7]),
      straight("sweet", [0.55, 0.67]),
      straight("early-exit", [0.9, 0.9], 2),
      ...names.map((name) => straight(name, [0.6, 0.9])),
    ]);
    const further = furtherMethods(group);
    expect(further.map((f) => f.method.label)).toEqual(["Two-stage", "Projected", "SWEET rates"]);
    expect(further[0]?.seeds).toEqual([
      { seed: 1, difference: expect.closeTo(0.75 - 0.61, 12), best: "SWEET" },
    ]);
  });

  test("is empty if all methods are drawn, or none shares a seed", () => {
    expect(furtherMethods(groupOf(threeMethods({ examples: 30 })))).toEqual([]);
    const cells = [
      straight("sweet", [0.5, 0.7], 2),
      ...names.map((name) => straight(name, [0.6, 0.9])),
    ];
    expect(furtherMethods(groupOf(cells))).toEqual([]);
  });
});

describe("a report of many methods", () => {
  const cells = [
    ...threeMethods({ examples: 101 }),
    ...names.map((name) => straight(name, [0.6, 0.9])),
  ];
  const report = makeReport("Many", cells);

  test("draws three curves, has all methods in its tables and the others in a figure of their own", () => {
    expect(report.figures.map((f) => f.name)).toEqual([
      "reviews-minilm-accuracy-by-layers",
      "reviews-minilm-accuracy-by-milliseconds",
      "reviews-minilm-exits",
      "reviews-minilm-leaving",
      "reviews-minilm-further",
    ]);
    const [curves, , , , further] = report.figures;
    expect(curves?.svg).not.toContain("Projected");
    expect(further?.svg).toContain("Projected");
    expect(report.table).toContain("Projected");
    expect(report.html).not.toMatch(/NaN|undefined/);
  });

  test("compares the methods that are drawn", () => {
    const [group] = report.results.groups;
    expect(group?.comparisons.length).toBe(24);
    expect(group?.methods.length).toBe(6);
  });

  test("keeps a regime that was not chosen out of the tables and figures", () => {
    const other = {
      ...fakeCell({ examples: 101 }),
      input: "other",
      regime: "strong",
      chosen: false,
    };
    const chosen = cells.map((cell) => ({ ...cell, regime: "paper", chosen: true }));
    const both = makeReport("Many", [...chosen, other]);
    expect(both.table).toBe(report.table);
    expect(both.results.groups[0]?.cells.every((c) => c.regime === "paper")).toBe(true);
    expect(() => makeReport("", [other])).toThrow("expected a cell of a chosen regime");
  });
});
