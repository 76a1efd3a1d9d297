import { expect, test } from "vitest";
import { dataReport } from "./data-report.ts";
import { prepareSplits } from "./prepare.ts";
import type { Example, TaskExamples } from "../sources/examples.ts";
import { encoderTokenizerJson } from "../encoder-tokenizer.ts";
import { textTokenizer } from "@sweetspot/tokenizer";

const tokenizer = textTokenizer(await encoderTokenizerJson("minilm"));
const unknownId = 100;

/** Different texts, of two labels in turn. */
const plain = (n: number): Example[] =>
  Array.from({ length: n }, (_, i) => ({
    text: `text number ${i}`,
    label: i % 2 === 0 ? "no" : "yes",
  }));

function report(examples: Example[], more: Partial<TaskExamples> = {}, maxLength = 16) {
  const source = { name: "x", examples, withoutLabel: 0, ...more };
  const sizes = {
    calibrationSize: 6,
    thresholdSize: 6,
    testSize: 10,
    trainSize: "all",
    // So that the first examples of a test are trained on.
    trainSelection: "first",
    seed: 1,
  } as const;
  return dataReport(source, prepareSplits(source, tokenizer, { ...sizes, maxLength }), unknownId);
}
const messages = (...given: Parameters<typeof report>) => report(...given).map((n) => n.message);

test("sound data has no notes", () => {
  expect(report(plain(60))).toEqual([]);
});

test("notes of reading come first", () => {
  const note = { kind: "header-repeated", message: "a row repeats the header", count: 1 };
  expect(report(plain(60), { notes: [note] })).toEqual([note]);
});

test("classes with few examples, and classes missing from a split", () => {
  const odd = { text: "an odd one", label: "odd" };
  expect(report([odd, ...plain(60)])).toEqual([
    {
      kind: "class-rare",
      message: 'fewer than 5 examples of "odd" (1): add examples, or leave the class out',
      count: 1,
    },
    {
      kind: "class-not-in-split",
      message:
        'no example of "odd" in the split calibration, so confidences are not calibrated on it',
      count: 1,
    },
    {
      kind: "class-not-in-split",
      message: 'no example of "odd" in the split threshold, so thresholds are chosen without it',
      count: 1,
    },
    {
      kind: "class-not-in-split",
      message: 'no example of "odd" in the split test, so results say nothing about it',
      count: 1,
    },
  ]);
  const many = Array.from({ length: 7 }, (_, i) => ({ text: `rare ${i}`, label: `rare ${i}` }));
  expect(messages([...many, ...plain(60)])[0]).toContain('"rare 4" (1) and 2 more: add');
});

test("copies, and those of them that differ in text", () => {
  const copies = plain(60)
    .slice(0, 12)
    .map((e) => ({ ...e, text: `${e.text}\u200b` }));
  expect(messages([...plain(60), ...copies])).toEqual([
    "17% of the examples are left out as copies",
    "12 of the copies left out differ in text, but the encoder reads the same ids",
  ]);
});

test("texts that are cut, and those that start the same", () => {
  const long = plain(60).map((e) => ({ ...e, text: `${e.text} ${"word ".repeat(9)}` }));
  const alike = [0, 1, 2].map((i) => ({
    text: `one two three four five six seven ${i}`,
    label: "no",
  }));
  expect(messages([...long, ...alike], {}, 9)).toEqual([
    "2 of the copies left out differ in text, but the encoder reads the same ids; 2 of them start the same and were cut: a larger maxLength distinguishes them",
    "100% of the examples are cut: a larger maxLength keeps more of them",
  ]);
});

test("a column that hardly varies", () => {
  const pairs = plain(60).map((e) => ({ ...e, textPair: "is it so?" }));
  expect(messages(pairs)).toEqual(['the second text of 100% of the examples is "is it so?"']);
  const skewed = plain(200).map((e, i) => ({ ...e, label: i % 40 === 0 ? "no" : "yes" }));
  expect(report(skewed).find((n) => n.kind === "near-constant")).toEqual({
    kind: "near-constant",
    message: 'the label of 98% of the examples is "yes"',
    count: 195,
  });
});

test("tokens unknown to the vocabulary", () => {
  const strange = plain(60).map((e, i) => (i % 2 === 0 ? { ...e, text: `${e.text} 🙂 👍` } : e));
  expect(messages(strange)).toEqual([
    expect.stringMatching(
      /^1\d% of the tokens are unknown to the vocabulary: choose an encoder for this language$/,
    ),
  ]);
});
