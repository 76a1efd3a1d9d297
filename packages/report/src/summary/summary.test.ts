import { describe, expect, test } from "vitest";
import { fakeCell, threeMethods } from "../testing.ts";
import { summarise } from "./summary.ts";

describe("summarise", () => {
  test("groups by task and encoder, methods in a fixed order", () => {
    const groups = summarise([
      ...threeMethods({ examples: 50 }).toReversed(),
      fakeCell({ examples: 50, encoder: "bert" }),
    ]);
    expect(groups.map((g) => [g.task, g.encoder, g.methods.map((m) => m.label)])).toEqual([
      ["reviews", "minilm", ["Early-Exit", "SWEET", "Multi-Model"]],
      ["reviews", "bert", ["Early-Exit"]],
    ]);
  });

  test("takes the mean and range over seeds", () => {
    const cells = [3, 1, 2].map((seed) => fakeCell({ seed, examples: 100 }));
    const method = summarise(cells)[0]?.methods[0];
    const accuracies = cells.map((c) => c.results.exits[1]?.accuracy ?? NaN);
    expect(method?.cells.map((c) => c.seed)).toEqual([1, 2, 3]);
    expect(method?.exits[1]?.accuracy.mean).toBeCloseTo(
      accuracies.reduce((a, b) => a + b, 0) / 3,
      12,
    );
    expect(method?.exits[1]?.accuracy.min).toBe(Math.min(...accuracies));
    expect(method?.exits[1]?.accuracy.max).toBe(Math.max(...accuracies));
  });

  test("a multi-model exit alone costs its own member, not earlier ones", () => {
    const cell = fakeCell({ method: "multi-model", examples: 50, exitLayers: [1, 2, 4] });
    const exits = summarise([cell])[0]?.methods[0]?.exits ?? [];
    expect(exits.map((e) => e.cost)).toEqual([1 / 4, 2 / 4, 1]);
    expect(exits.map((e) => e.cascadeCost)).toEqual([1 / 4, 3 / 4, 7 / 4]);
    expect(exits[2]?.ms["32"].mean).toBeCloseTo(1.6, 12);
    const single = summarise([fakeCell({ examples: 50, exitLayers: [1, 2, 4] })]);
    expect(single[0]?.methods[0]?.exits[2]?.ms["32"].mean).toBeCloseTo(1.6, 12);
  });

  test("rejects a cell named twice, and cells that cannot be compared", () => {
    const cell = fakeCell({ examples: 50 });
    expect(() => summarise([cell, cell])).toThrow(/both reviews, minilm, early-exit, seed 1/);
    expect(() => summarise([cell, fakeCell({ examples: 51, method: "sweet" })])).toThrow(
      "must agree in labels, depth, test size, level and metric",
    );
    expect(() =>
      summarise([cell, fakeCell({ examples: 50, seed: 2, exitLayers: [2, 6] })]),
    ).toThrow("must agree in exits and thresholds");
  });
});
