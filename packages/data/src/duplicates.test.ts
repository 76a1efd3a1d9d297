import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalisedText, withoutDuplicates } from "./duplicates.ts";

describe("normalisedText", () => {
  test.each([
    ["Great  phone!\n", "great phone!"],
    ["ＧＲＥＡＴ ﬁne", "great fine"],
    ["STRASSE", "strasse"],
    ["Straße", "strasse"],
    ["cafe\u0301\u00a0bar", "café bar"],
    [" \t\r\n ", ""],
  ])("%j is compared as %j", (text, expected) => {
    expect(normalisedText(text)).toBe(expected);
  });

  test("case, outer and repeated white space make no difference", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
        expect(normalisedText(` ${text.toUpperCase().replaceAll(" ", "\t  ")}\n`)).toBe(
          normalisedText(text),
        );
        expect(normalisedText(normalisedText(text))).toBe(normalisedText(text));
      }),
    );
  });
});

describe("withoutDuplicates", () => {
  test("keeps the first of each set of equals, in order", () => {
    const examples = [
      { text: "Good", label: "1" },
      { text: "bad", label: "0" },
      { text: "GOOD ", label: "1" },
      { text: "good", label: "1" },
    ];
    expect(withoutDuplicates(examples)).toEqual({
      examples: examples.slice(0, 2),
      duplicatesRemoved: 2,
      conflictsRemoved: 0,
    });
  });

  test("copies whose labels disagree all go", () => {
    const examples = [
      { text: "fine", label: "0" },
      { text: "Fine", label: "1" },
      { text: "fine", label: "0" },
      { text: "bad", label: "0" },
    ];
    expect(withoutDuplicates(examples)).toEqual({
      examples: examples.slice(3),
      duplicatesRemoved: 0,
      conflictsRemoved: 3,
    });
  });

  test("pairs are compared by both texts", () => {
    const examples = [
      { text: "a", textPair: "b", label: "0" },
      { text: "a", textPair: "c", label: "1" },
      { text: "a b", textPair: "", label: "1" },
      { text: "A", textPair: "B ", label: "0" },
    ];
    expect(withoutDuplicates(examples)).toEqual({
      examples: examples.slice(0, 3),
      duplicatesRemoved: 1,
      conflictsRemoved: 0,
    });
  });

  test("what is kept is disjoint, and nothing is lost from the count", () => {
    const example = fc.record({
      text: fc.constantFrom("a", "A", "b ", "b", "c"),
      label: fc.constantFrom("0", "1"),
    });
    fc.assert(
      fc.property(fc.array(example), (examples) => {
        const { examples: kept, duplicatesRemoved, conflictsRemoved } = withoutDuplicates(examples);
        expect(new Set(kept.map((e) => normalisedText(e.text))).size).toBe(kept.length);
        expect(kept.length + duplicatesRemoved + conflictsRemoved).toBe(examples.length);
      }),
    );
  });
});
