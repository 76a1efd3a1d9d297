import { describe, expect, test } from "vitest";
import {
  longParity,
  longStrings,
  strings,
  tokenizerParity,
  tokenizers,
} from "./testing/tokenizer-parity.ts";

test("there are 2,000 strings", () => {
  expect(new Set(strings).size).toBe(2000);
});

describe("the ids and types of every string, alone and in truncated pairs, are Hugging Face's", () => {
  test.each(Object.keys(tokenizers))("%s", async (name) => {
    const { strings: count, mismatches } = await tokenizerParity(name);
    expect(count).toBe(strings.length);
    expect(mismatches).toEqual([]);
  });
});

test("500 long strings are joined from them", () => {
  expect(new Set(longStrings).size).toBe(500);
});

describe("the ids of every long string, whole and in truncated pairs, are Hugging Face's", () => {
  test.each(Object.keys(tokenizers))("%s", { timeout: 300_000 }, async (name) => {
    expect(await longParity(name)).toEqual([]);
  });
});
