import { expect, test } from "vitest";
import { labelNames } from "./label-names.ts";

/** Two examples of each label, so that they pass for classes. */
const twice = (...labels: string[]) => labelNames([...labels, ...labels], "reviews.csv");

test.each([
  [
    ["10", "9", "-1", "0.5"],
    ["-1", "0.5", "9", "10"],
  ],
  [
    ["step 10", "step 2", "Step 1"],
    ["Step 1", "step 2", "step 10"],
  ],
  [
    ["positive", "negative"],
    ["negative", "positive"],
  ],
  [
    ["b", "10", "9"],
    ["9", "10", "b"],
  ],
  [
    ["1", "01"],
    ["01", "1"],
  ],
])("%j are ordered as %j", (given, ordered) => {
  expect(twice(...given)).toEqual(ordered);
  expect(twice(...given.toReversed())).toEqual(ordered);
});

test("one class only", () => {
  expect(() => labelNames(["good", "good", "good"], "reviews.csv")).toThrow(
    'reviews.csv: expected at least two labels, but all 3 examples are "good"; add examples of another',
  );
});

test("labels that differ in case alone", () => {
  expect(() => twice("Good", "bad", "good")).toThrow(
    'reviews.csv: the labels "good" and "Good" differ only in case; spell them the same',
  );
});

test("labels that differ in case and in width", () => {
  expect(() => twice("Ｇood", "bad", "good")).toThrow("differ only in case");
});

test("a column of text named as the label", () => {
  const texts = Array.from({ length: 11 }, (_, i) => `visit ${i}`);
  expect(() => labelNames([...texts, "visit 0"], "reviews.csv")).toThrow(
    'reviews.csv: 11 different labels in 12 examples, such as "visit 0"; name the column of the label',
  );
});

test("a few labels are labels, however few the examples", () => {
  expect(labelNames(["0", "1", "0"], "reviews.csv")).toEqual(["0", "1"]);
});
