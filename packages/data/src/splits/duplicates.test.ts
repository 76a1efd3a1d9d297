import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idsKey, normalisedText, textKey, withoutDuplicates } from "./duplicates.ts";

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
  test.each([
    [
      "keeps the first of each set of equals, in order",
      [
        ["Good", "1"],
        ["bad", "0"],
        ["GOOD ", "1"],
        ["good", "1"],
      ],
      { kept: [0, 1], duplicatesRemoved: 2, conflictsRemoved: 0 },
    ],
    [
      "leaves out all copies with different labels",
      [
        ["fine", "0"],
        ["Fine", "1"],
        ["fine", "0"],
        ["bad", "0"],
      ],
      { kept: [3], duplicatesRemoved: 0, conflictsRemoved: 3 },
    ],
    [
      "compares pairs by both texts",
      [
        ["a", "0", "b"],
        ["a", "1", "c"],
        ["a b", "1", ""],
        ["A", "0", "B "],
      ],
      { kept: [0, 1, 2], duplicatesRemoved: 1, conflictsRemoved: 0 },
    ],
  ])("%s", (_, rows, { kept, ...removed }) => {
    const examples = rows.map(([text = "", label = "", textPair]) => ({
      text,
      label,
      ...(textPair !== undefined && { textPair }),
    }));
    expect(withoutDuplicates(examples)).toEqual({
      examples: kept.map((i) => examples[i]),
      ...removed,
      others: [],
    });
  });

  test("examples that the encoder reads alike are copies, transitively", () => {
    const of = (text: string, ids: number[], label = "0") => ({
      text,
      label,
      inputIds: ids,
      tokenTypeIds: ids.map(() => 0),
    });
    const keysOf = (e: ReturnType<typeof of>) => [textKey(e), idsKey(e)];
    const examples = [
      of("good", [1, 7]),
      of("bad", [2]),
      of("go\u200bod", [1, 7]),
      of("Good", [3]),
      of("nice", [3]),
      of("bad", [4], "1"),
      of("worse", [4], "1"),
    ];
    expect(withoutDuplicates(examples, keysOf)).toEqual({
      examples: [examples[0]],
      duplicatesRemoved: 3,
      conflictsRemoved: 3,
      others: [examples[2], examples[4], examples[6]],
    });
  });

  test("ids are the same only if all ids and types are", () => {
    const key = (inputIds: number[], tokenTypeIds: number[]) => idsKey({ inputIds, tokenTypeIds });
    expect(key([1, 256], [0, 1])).toBe(key([1, 256], [0, 1]));
    const keys = [
      key([1, 256], [0, 0]),
      key([1, 256], [0, 1]),
      key([257, 0], [0, 0]),
      key([1], [0]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("kept and removed examples are disjoint and add up", () => {
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
