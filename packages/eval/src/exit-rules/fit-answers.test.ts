import { describe, expect, test } from "vitest";
import reference from "../../reference/eval.json" with { type: "json" };
import { fitAnswers, logistic } from "./fit-answers.ts";

describe("fitAnswers", () => {
  test("equals SciPy's minimum of the same loss, also if all answers are equal", () => {
    for (const { features, answers, l2, weights, bias } of reference.logistic) {
      const fitted = fitAnswers(features, answers, l2);
      // SciPy's BFGS stops at a gradient of 1e-11 or when it gets no further.
      fitted.weights.forEach((w, d) => expect(w).toBeCloseTo(weights[d] ?? NaN, 6));
      expect(fitted.bias).toBeCloseTo(bias, 6);
    }
  });

  test("predicts Platt's share if no feature is informative", () => {
    // Three of five: the mean of three 4/5 and two 1/4.
    const fitted = fitAnswers([[2], [2], [2], [2], [2]], [1, 0, 1, 0, 1]);
    expect(logistic(fitted, [2])).toBeCloseTo((3 * (4 / 5) + 2 * (1 / 4)) / 5, 12);
    expect(fitted.weights).toEqual([0]);
  });

  test("finds the minimum for features of any size", () => {
    const features = Array.from({ length: 17 }, (_, i) => [1e6 * i, 1e-6 * ((i * 5) % 17)]);
    const fitted = fitAnswers(
      features,
      features.map((_, i) => Number(i > 8)),
    );
    expect(features.map((row) => Number(logistic(fitted, row) > 0.5))).toEqual(
      features.map((_, i) => Number(i > 8)),
    );
  });

  test("rejects empty input, and rows of different lengths", () => {
    expect(() => fitAnswers([], [])).toThrow(
      "fitAnswers: features must be [N, D] for N of 1 or more answers, got 0 rows for 0",
    );
    expect(() => fitAnswers([[1], [1, 2]], [1, 0])).toThrow(RangeError);
  });
});
