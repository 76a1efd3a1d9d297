import { expect, test } from "vitest";
import { prepareSplits } from "./prepare.ts";
import type { Example } from "./source.ts";
import type { TextTokenizer } from "./tokenizer/tokenizer.ts";
import { encoderTokenizerJson } from "./tokenizer/load-tokenizer.ts";
import { textTokenizer } from "./tokenizer/tokenizer.ts";

const tokenizer: TextTokenizer = textTokenizer(await encoderTokenizerJson("minilm"));
const sizes = {
  calibrationSize: 7,
  thresholdSize: 5,
  trainSize: "all",
  maxLength: 16,
  seed: 1,
} as const;

/** Two examples of a group, of either label. */
const grouped = (n: number): Example[] =>
  Array.from({ length: n }, (_, i) => ({
    text: `text ${i}`,
    label: i % 2 === 0 ? "no" : "yes",
    group: `group ${Math.floor(i / 2)}`,
  }));

test("what is of one group with an official test example is in no other split", () => {
  const test = [{ text: "another", label: "yes", group: "group 3" }];
  const source = { name: "x", examples: grouped(46), test, withoutLabel: 0 };
  const { splits, removed } = prepareSplits(source, tokenizer, sizes);
  expect(removed).toMatchObject({ testCopiesRemoved: 2, groupRestRemoved: 2 });
  expect(splits.test.map((e) => e.text)).toEqual(["another"]);
  const others = [...splits.train, ...splits.calibration, ...splits.threshold];
  // Seven and five are odd: of one group each, one is left out.
  expect(others).toHaveLength(46 - 2 - 2);
  expect(others.map((e) => e.group)).not.toContain("group 3");
});

test("without groups nothing is said of them", () => {
  const examples = grouped(46).map(({ text, label }) => ({ text, label }));
  const { removed } = prepareSplits({ name: "x", examples, withoutLabel: 0 }, tokenizer, sizes);
  expect(removed).not.toHaveProperty("groupRestRemoved");
});
