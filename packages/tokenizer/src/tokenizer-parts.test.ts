import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { normalizer } from "./normalizer.ts";
import { preTokenizer } from "./pre-tokenizer.ts";
import { textTokenizer } from "./tokenizer.ts";

/** Made by Hugging Face tokenizers with reference/tokenizer_parts.py. */
const [, texts, ...parts] = readFileSync(
  new URL("../reference/tokenizer-parts.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as unknown) as [unknown, string[], ...Part[]];

type Encoding = [ids: number[], types: number[], pairIds: number[], pairTypes: number[]];
interface Part {
  normalizer?: unknown;
  texts?: string[];
  pre_tokenizer?: unknown;
  words?: string[][];
  definition?: unknown;
  encodings?: Encoding[];
}

function named<T>(config: unknown, expected: T[] | undefined): [string, unknown, T[]][] {
  if (config === undefined || expected === undefined) return [];
  return [[JSON.stringify(config).slice(0, 120), config, expected]];
}

describe("normalizer", () => {
  test.each(parts.flatMap((p) => named(p.normalizer, p.texts)))("%s", (_, config, expected) => {
    const normalize = normalizer(config);
    expect(texts.map((text) => normalize(text))).toEqual(expected);
  });
});

describe("preTokenizer", () => {
  test.each(parts.flatMap((p) => named(p.pre_tokenizer, p.words)))("%s", (_, config, expected) => {
    const split = preTokenizer(config);
    expect(texts.map((text) => (text === "" ? [] : [...split(text, true)]))).toEqual(expected);
  });
});

describe("textTokenizer", () => {
  const definitions = parts.flatMap((p) => named(p.definition, p.encodings));

  test.each(definitions)("definition %#", (_, definition, expected) => {
    const tokenizer = textTokenizer(definition);
    const encodings = texts.map((text, i): Encoding => {
      const next = texts[(i + 1) % texts.length];
      const one = tokenizer.encode(text, undefined, { maxLength: 1000 });
      const two = tokenizer.encode(text, next, { maxLength: 1000 });
      return [one.inputIds, one.tokenTypeIds, two.inputIds, two.tokenTypeIds];
    });
    expect(encodings).toEqual(expected);
  });
});
