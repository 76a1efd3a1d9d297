import { expectedCalibrationError, reliability } from "@sweetspot/statistics";
import { expect, test } from "vitest";
import { studyCell } from "../../test/study-cells.ts";
import type { StudyCell } from "../cell.ts";
import { calibrationOf } from "./calibration.ts";

const cells = [1, 2].map((seed) =>
  studyCell({ task: "t", method: "sweet", seed, accuracies: [0.6, 0.7, 0.8, 0.9], examples: 53 }),
);

/** Confidences and answers of all exits of some cells, concatenated. */
function all(some: readonly StudyCell[]): [number[], number[]] {
  const rows = (of: "confidences" | "correct") =>
    some.flatMap(({ outcomes }) => outcomes[of].flatMap((row) => Array.from(row)));
  return [rows("confidences"), rows("correct")];
}

test("bins pool all exits and cells", () => {
  const [calibration] = calibrationOf(cells);
  const expected = reliability(...all(cells));
  calibration?.before.bins.forEach((bin, b) => {
    expect(bin.count).toBe(expected[b]?.count);
    expect(bin.confidence ?? -1).toBeCloseTo(expected[b]?.confidence ?? -1, 12);
    expect(bin.accuracy ?? -1).toBeCloseTo(expected[b]?.accuracy ?? -1, 12);
  });
  expect(calibration?.before.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(2 * 4 * 53);
});

test("the error is the mean over exits, not the pool's", () => {
  const [calibration] = calibrationOf(cells);
  const errors = cells.flatMap(({ outcomes }) =>
    outcomes.confidences.map((row, e) => expectedCalibrationError(row, outcomes.correct[e] ?? [])),
  );
  expect(calibration?.before.ece).toBeCloseTo(errors.reduce((a, b) => a + b, 0) / 8, 12);
  expect(calibration?.exits[2]).toEqual({
    exitLayer: 3,
    temperature: expect.closeTo(1.3, 12),
    before: expect.closeTo(((errors[2] ?? NaN) + (errors[6] ?? NaN)) / 2, 12),
    after: expect.any(Number),
  });
});

test("a cell that was not calibrated has none", () => {
  const plain = cells.map((c) => ({ ...c, results: { ...c.results, calibration: undefined } }));
  expect(calibrationOf(plain)).toEqual([]);
});
