import { expect, test } from "vitest";
import { idsKey } from "./duplicates.ts";
import { prepareSplits } from "./prepare.ts";
import type { Example } from "../sources/examples.ts";
import { splitNames } from "./splits.ts";
import type { TextTokenizer } from "@sweetspot/tokenizer";
import { encoderTokenizerJson } from "../encoder-tokenizer.ts";
import { textTokenizer } from "@sweetspot/tokenizer";

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

test("examples that share a group with an official test example are in no other split", () => {
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

test("without groups the counts do not mention them", () => {
  const examples = grouped(46).map(({ text, label }) => ({ text, label }));
  const { removed } = prepareSplits({ name: "x", examples, withoutLabel: 0 }, tokenizer, sizes);
  expect(removed).not.toHaveProperty("groupRestRemoved");
});

test("no two splits share an example that the encoder reads alike", () => {
  const unseen = ["\u200b", "\u200f", "\u00ad", "\ufeff"];
  const examples = grouped(200).map(({ label }, i) => {
    const text = `text ${Math.floor(i / 4)}`;
    return {
      text: i % 2 === 0 ? text : `${text}${unseen[i % 4]}`,
      label: label === "no" || i % 8 > 3 ? "no" : "yes",
    };
  });
  const more = Array.from({ length: 60 }, (_, i) => ({
    text: `more ${i}`,
    label: i % 2 === 0 ? "no" : "yes",
  }));
  const test = [{ text: "more\u200b 7", label: "yes" }];
  for (const official of [undefined, test]) {
    const source = {
      name: "x",
      examples: [...examples, ...more],
      withoutLabel: 0,
      ...(official && { test: official }),
    };
    const { splits, removed } = prepareSplits(source, tokenizer, sizes);
    const seen = new Map<string, string>();
    for (const split of splitNames)
      for (const example of splits[split]) {
        const key = idsKey(example);
        expect([example.text, seen.get(key) ?? split]).toEqual([example.text, split]);
        seen.set(key, split);
      }
    expect(removed.testCopiesRemoved).toBe(official && 1);
    expect(removed.sameIdsRemoved).toBeGreaterThan(0);
  }
});

test("texts that the vocabulary does not know are compared as texts", () => {
  const strange = ["🙂", "👍", "🙂 "].map((text, i) => ({ text, label: i === 1 ? "no" : "yes" }));
  const source = { name: "x", examples: [...grouped(46), ...strange], withoutLabel: 0 };
  const { removed, counts } = prepareSplits(source, tokenizer, sizes);
  expect(removed).toMatchObject({ duplicatesRemoved: 1, conflictsRemoved: 0 });
  expect(counts.unknownOnly).toBe(2);
});

test("if copies leave too few examples, the error says which", () => {
  const strange = Array.from({ length: 8 }, (_, i) => ({
    text: `the ${"🙂👍🌵🎈🧵🪁🦉🪀".slice(2 * i, 2 * i + 2)}`,
    label: i < 4 ? "no" : "yes",
  }));
  const alike = { name: "x", examples: [...strange, { text: "a", label: "no" }], withoutLabel: 0 };
  expect(() => prepareSplits(alike, tokenizer, sizes)).toThrow(
    'x: of its 9 texts 1 is left, each "no", without 8 copies whose labels disagree; the encoder reads 7 of them as it reads another text; choose one that knows their words, or raise maxLength',
  );
  const both = { name: "x", examples: grouped(46), test: grouped(46), withoutLabel: 0 };
  expect(() => prepareSplits(both, tokenizer, sizes)).toThrow(
    "x: of its 46 texts none is left, without 46 copies of test examples; test on other examples than those that are trained on",
  );
});

test("a label that is not one of the named classes is an error", () => {
  const source = { name: "x", examples: grouped(46), withoutLabel: 0, labels: ["yes", "nein"] };
  expect(() => prepareSplits(source, tokenizer, sizes)).toThrow(
    'x: expected one of the classes yes, nein, got the label "no"; spell it as one of them',
  );
});
