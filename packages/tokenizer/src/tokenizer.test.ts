import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { minilmTokenizerJson } from "./testing/folder-files.ts";
import { longestFirst, textTokenizer } from "./tokenizer.ts";

interface Reference {
  text?: [string, string?];
  inputIds: number[];
  tokenTypeIds: number[];
  maxLength?: number;
  tokens?: [number, number];
  kept?: [number, number];
}

/** Made by Hugging Face tokenizers with reference/tokenizer.py. */
const reference = readFileSync(new URL("../reference/tokenizer.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line) => JSON.parse(line) as Reference);

const json = minilmTokenizerJson();
const tokenizer = textTokenizer(json);

function encode(text: string, textPair?: string, maxLength = 128) {
  return tokenizer.encode(text, textPair, { maxLength });
}

function flags(...texts: [string, string?]) {
  const { empty, unknown } = encode(...texts);
  return { empty, unknown };
}

describe("against Hugging Face tokenizers", () => {
  const texts = reference.flatMap((r) => (r.text === undefined ? [] : [{ ...r, text: r.text }]));

  test.each(texts)(
    "the ids of $text, maxLength $maxLength",
    ({ text: [first, second], maxLength, ...expected }) => {
      const encoded = tokenizer.encode(first, second, { maxLength: maxLength ?? 512 });
      expect({ inputIds: encoded.inputIds, tokenTypeIds: encoded.tokenTypeIds }).toEqual(expected);
      expect(encoded.truncated).toBe(maxLength !== undefined);
    },
  );

  test("pairs are truncated longest first", () => {
    const pairs = reference.filter((r) => r.tokens !== undefined);
    expect(pairs).toHaveLength(605);
    for (const { maxLength = 0, tokens: [n1, n2] = [0, 0], kept } of pairs) {
      expect([n1, n2, maxLength, longestFirst(n1, n2, maxLength - 3)]).toEqual([
        n1,
        n2,
        maxLength,
        kept,
      ]);
    }
  });
});

describe("textTokenizer", () => {
  test("a file's own padding and truncation are not applied", () => {
    expect(json).toMatchObject({ padding: null, truncation: null });
    const baked = textTokenizer({
      ...json,
      padding: { strategy: { Fixed: 128 } },
      truncation: { max_length: 4 },
    });
    expect(baked.encode("not at all good", undefined, { maxLength: 128 }).inputIds).toEqual(
      encode("not at all good").inputIds,
    );
    expect(encode("not at all good").inputIds).toEqual([101, 2025, 2012, 2035, 2204, 102]);
  });

  test("no example is longer than maxLength, and each keeps its special tokens", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(
      fc.property(
        text,
        fc.option(text, { nil: undefined }),
        fc.integer({ min: 5, max: 20 }),
        (first, second, most) => {
          const { inputIds, tokenTypeIds, truncated } = encode(first, second, most);
          expect(inputIds.length).toBeLessThanOrEqual(most);
          expect(tokenTypeIds).toHaveLength(inputIds.length);
          expect(inputIds[0]).toBe(101);
          expect(inputIds.at(-1)).toBe(102);
          const whole = encode(first, second, 512);
          expect(truncated).toBe(whole.inputIds.length > most);
          expect(truncated || inputIds.join() === whole.inputIds.join()).toBe(true);
          // Type 1 begins after the first text's [SEP] and goes on to the end.
          const ones = tokenTypeIds.filter((t) => t === 1).length;
          expect(ones > 0).toBe(second !== undefined);
          const split = inputIds.length - ones;
          expect(tokenTypeIds).toEqual(inputIds.map((_, i) => (i < split ? 0 : 1)));
          expect(inputIds[split - 1]).toBe(102);
        },
      ),
    );
  });

  test("any text is encoded, even half of a surrogate pair", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 30 }),
        fc.nat({ max: 0x7ff }),
        (text, low) => {
          const { inputIds } = encode(text + String.fromCharCode(0xd800 + low));
          expect(inputIds.every((id) => Number.isInteger(id) && id >= 0 && id < 30522)).toBe(true);
        },
      ),
    );
  });

  test("reports an empty text and a text of unknown tokens only", () => {
    expect(flags("fine")).toEqual({ empty: false, unknown: false });
    expect(flags(" \u200b\n")).toEqual({ empty: true, unknown: false });
    expect(flags("fine", " ")).toEqual({ empty: true, unknown: false });
    expect(flags("😀 👍")).toEqual({ empty: false, unknown: true });
    expect(flags("😀", "👍")).toEqual({ empty: false, unknown: true });
    expect(flags("😀", "fine")).toEqual({ empty: false, unknown: false });
  });

  test("maxLength must leave room for a token of each text", () => {
    expect(() => encode("a", undefined, 2)).toThrow(
      "tokenizer: maxLength must leave room for a token of each text beside 2 special ones, got 2",
    );
    expect(() => encode("a", "b", 4)).toThrow("beside 3 special ones, got 4");
  });
});
