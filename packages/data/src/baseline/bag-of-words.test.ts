import { describe, expect, test } from "vitest";
import { termsOf, tfIdf, vocabularyOf } from "./bag-of-words.ts";

describe("termsOf", () => {
  test("words and pairs of neighbours, in lower case, without marks", () => {
    expect(termsOf({ text: "Don't go, DON'T!" })).toEqual([
      "don't",
      "go",
      "don't",
      "don't go",
      "go don't",
    ]);
  });

  test("a pair's texts have words of their own, and those that they share", () => {
    const expected =
      "1:a|1:red|1:cat|1:a red|1:red cat|2:red|2:cat|2:sleeps|2:now|2:red cat|2:cat sleeps|2:sleeps now|both:red|both:cat|overlap:2";
    const terms = termsOf({ text: "a red cat", textPair: "red cat sleeps now" });
    expect(terms.join("|")).toBe(expected);
  });

  test("a second text without words shares nothing", () => {
    expect(termsOf({ text: "a", textPair: "!" })).toEqual(["1:a", "overlap:0"]);
  });
});

test("the vocabulary has the terms of the most examples first, and their idf", () => {
  const { columns, idf } = vocabularyOf([{ text: "b" }, { text: "b" }, { text: "c a" }]);
  expect([...columns.keys()]).toEqual(["b", "a", "c", "c a"]);
  expect(idf[0]).toBeCloseTo(Math.log(4 / 3) + 1, 12);
  expect(idf[1]).toBeCloseTo(Math.log(4 / 2) + 1, 12);
});

test("of very many terms 20,000 are kept", () => {
  const texts = Array.from({ length: 150 }, (_, i) => ({
    text: Array.from({ length: 101 }, (_, j) => `w${i * 101 + j}`).join(" "),
  }));
  const { columns, idf } = vocabularyOf([...texts, { text: "w15149" }]);
  expect([columns.size, idf.length, columns.get("w15149")]).toEqual([20_000, 20_000, 0]);
});

test("a row is (1 + ln tf) idf over its length, and one without known terms is empty", () => {
  const vocabulary = vocabularyOf([{ text: "a" }, { text: "a" }, { text: "b" }]);
  const { offsets, columns, values, width } = tfIdf(
    [{ text: "a b a a" }, { text: "z" }, { text: "b" }],
    vocabulary,
  );
  expect([[...offsets], [...columns], width]).toEqual([[0, 2, 2, 3], [0, 1, 1], 2]);
  const a = (1 + Math.log(3)) * (Math.log(4 / 3) + 1);
  const b = Math.log(4 / 2) + 1;
  expect(values[0]).toBeCloseTo(a / Math.hypot(a, b), 12);
  expect(values[1]).toBeCloseTo(b / Math.hypot(a, b), 12);
  expect(values[2]).toBe(1);
});
