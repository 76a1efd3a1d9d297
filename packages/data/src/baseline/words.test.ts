import fc from "fast-check";
import { expect, test } from "vitest";
import { wordsOf } from "./words.ts";

test("words are runs of letters and digits, with single apostrophes inside them", () => {
  expect(wordsOf("It's the ’90s: rock'n'roll, ''tis -- don''t! O’Neill'")).toEqual([
    "it's",
    "the",
    "90s",
    "rock'n'roll",
    "tis",
    "don",
    "t",
    "o’neill",
  ]);
  expect(wordsOf("'' ’ - ")).toEqual([]);
});

test("they are those of one pattern", () => {
  const piece = fc.constantFrom("a", "B", "é", "1", "'", "’", " ", "-", "東");
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join("");
      const pattern = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu;
      expect(wordsOf(text)).toEqual(text.toLowerCase().match(pattern) ?? []);
    }),
  );
});

test("a word may be as long as a file", () => {
  expect(wordsOf(`${"a'".repeat(5_000_000)}b c`)).toHaveLength(2);
});
