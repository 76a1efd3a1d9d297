import { expect, test } from "vitest";
import { paperThresholds } from "./paper-thresholds.ts";

test("eleven thresholds, evenly spaced from 1/K to 1", () => {
  expect(paperThresholds(2)).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]);
  const three = paperThresholds(3);
  expect(three).toHaveLength(11);
  expect(three[0]).toBe(1 / 3);
  expect(three[5]).toBeCloseTo(2 / 3, 12);
  expect(three[10]).toBe(1);
});
