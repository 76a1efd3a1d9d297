import { describe, expect, test } from "vitest";
import { strings, tokenizerParity, tokenizers } from "../../test/tokenizer-parity.ts";

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
