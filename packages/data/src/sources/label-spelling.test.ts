import { expect, test } from "vitest";
import { withOneSpelling } from "./label-spelling.ts";

const of = (...labels: string[]) => labels.map((label, i) => ({ text: `text ${i}`, label }));
const source = (...labels: string[]) => ({ name: "x", examples: of(...labels), withoutLabel: 0 });
const labelsOf = (examples: readonly { label: string }[] = []) => examples.map((e) => e.label);

test("a class gets its most frequent spelling, of equals the first, and a note says so", () => {
  const { examples, notes } = withOneSpelling(
    source("1.0", "0", "1", "1", "0.0", "b\u200bad", "b\u200bad", "bad"),
  );
  expect(labelsOf(examples)).toEqual(["1", "0", "1", "1", "0", "bad", "bad", "bad"]);
  expect(notes).toEqual([
    { kind: "label-spellings", message: 'the labels "1.0", "1" are one class, "1"', count: 3 },
    { kind: "label-spellings", message: 'the labels "0", "0.0" are one class, "0"', count: 2 },
    {
      kind: "label-spellings",
      message: 'the labels "b\\u200bad", "bad" are one class, "bad"',
      count: 3,
    },
  ]);
});

test("official test examples and named classes get the same spelling", () => {
  const given = {
    ...source("good", "bad"),
    test: of("Bad\u200f", "good "),
    labels: ["good ", "bad", "unused", "Bad"],
  };
  const { examples, test: tested, labels, notes } = withOneSpelling(given);
  expect(labelsOf(examples)).toEqual(["good", "bad"]);
  expect(labelsOf(tested)).toEqual(["Bad", "good"]);
  expect(labels).toEqual(["good", "bad", "Bad"]);
  expect(notes?.map((n) => n.kind)).toEqual(["label-spellings", "label-unused"]);
});

test("labels with one spelling are unchanged, without a note", () => {
  const given = source("Good", "bad", "01", "1", "Ｇ");
  expect(withOneSpelling(given)).toEqual({ ...given, notes: [] });
});

test("a class name keeps characters that shape letters and emoji, and loses other invisible ones", () => {
  const persian = "\u062e\u0648\u0628\u200c\u062a\u0631";
  const { examples } = withOneSpelling(
    source(`${persian}\u200b`, "👩\u200d💻", "❤\ufe0f", "very  good", "bad\u200d", "\u200cfine"),
  );
  expect(labelsOf(examples)).toEqual([
    persian,
    "👩\u200d💻",
    "❤\ufe0f",
    "very  good",
    "bad",
    "fine",
  ]);
});

test("a label that looks like a missing value stays a class, and a note says how to leave it out", () => {
  const { examples, notes } = withOneSpelling(source("good", "NaN", "nan", "NA"));
  expect(labelsOf(examples)).toEqual(["good", "NaN", "nan", "NA"]);
  expect(notes?.map((n) => n.kind)).toEqual(["label-missing", "label-missing", "label-missing"]);
  expect(notes?.[2]?.message).toBe(
    'the label "NA" is a class of 1 example; if it means a missing label, empty those cells (in JSON, write null) to leave them out',
  );
});
