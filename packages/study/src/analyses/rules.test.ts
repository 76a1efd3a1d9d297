import { describe, expect, test } from "vitest";
import { studyCell } from "../../test/study-cells.ts";
import { rulesOf } from "./rules.ts";

const base = studyCell({
  task: "t",
  method: "sweet",
  accuracies: [0.5, 0.6, 0.7, 0.8],
  examples: 7,
});

describe("rulesOf", () => {
  test("takes the mean over cells", () => {
    const other = { ...base, results: { ...base.results, rules: base.results.rules?.slice(0, 1) } };
    other.results.rules = other.results.rules?.map((r) => ({ ...r, area: 0.65 }));
    expect(rulesOf([base, other])[0]?.rules).toEqual([
      { rule: "max-probability", area: expect.closeTo(0.7, 12) },
      { rule: "patience", area: expect.closeTo(0.73, 12) },
    ]);
  });

  test("the oracle continues the cheapest examples first", () => {
    // Two exits after 1 and 3 of 4 layers, six examples: two right at once, two at the second exit.
    const outcomes = {
      confidences: [new Float64Array(6), new Float64Array(6)],
      correct: [
        [1, 0, 0, 1, 0, 0],
        [0, 1, 1, 0, 0, 0],
      ],
      exitLayers: [1, 3],
      layers: 4,
    };
    // From 1/4 at 2/6 straight to 1/4 + 2/6 * 2/4 = 5/12 at 4/6, then flat to the last exit's 3/4.
    const area = ((1 / 2) * (1 / 6) + (4 / 6) * (1 / 3)) / (1 / 2);
    expect(rulesOf([{ ...base, outcomes }])[0]?.oracle).toBeCloseTo(area, 12);
  });

  test("the oracle's range ends where the rules' does: at the last exit, where that is above the full model", () => {
    const outcomes = {
      confidences: [new Float64Array(2), new Float64Array(2)],
      correct: [
        [1, 0],
        [0, 1],
      ],
      exitLayers: [1, 2],
      layers: 4,
    };
    // From 1/4 at 1/2 straight to 3/8 at 1, then flat to 2/4.
    expect(rulesOf([{ ...base, outcomes }])[0]?.oracle).toBeCloseTo((3 / 4 + 1) / 2, 12);
  });

  test("leaves out methods whose rules were not evaluated", () => {
    expect(rulesOf([{ ...base, results: { ...base.results, rules: undefined } }])).toEqual([]);
  });
});
