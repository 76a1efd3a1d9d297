import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { slowParts } from "./testing/slow-texts.ts";
import { tokenizers } from "./testing/tokenizer-parity.ts";
import { graphemes } from "./patterns/graphemes.ts";
import { normalForm } from "./normal-form.ts";
import { patternMatches } from "./patterns/pattern.ts";
import { textTokenizer } from "./tokenizer.ts";

const short = 5000;
const long = 20 * short;

function timeOf(work: () => void): number {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1000;
}

describe("20 times the text takes nowhere near 400 times the time", () => {
  test.each(["minilm", "roberta", "deberta-v2", "xlm-roberta"])("%s", async (name) => {
    const tokenizer = textTokenizer(await tokenizers[name]?.());
    for (const [what, part] of Object.entries(slowParts)) {
      const text = (length: number) => part.repeat(Math.ceil(length / part.length));
      const encode = (length: number, maxLength: number) =>
        timeOf(() => tokenizer.encode(text(length), undefined, { maxLength }));
      encode(short, 10_000_000);
      const before = encode(short, 10_000_000);
      // Of one that is too short to measure, 10 ms stand for its time.
      const most = 100 * Math.max(before, 10);
      expect([what, encode(long, 10_000_000) < most]).toEqual([what, true]);
      expect([what, encode(long, 128) < most]).toEqual([what, true]);
    }
  });
});

test("no more words are looked up than maxLength needs", () => {
  // Without an id for what is unknown, the first such word that is looked up is an error.
  const tokenizer = textTokenizer({
    model: { type: "WordLevel", unk_token: "?", vocab: { a: 1, b: 2 } },
    pre_tokenizer: { type: "WhitespaceSplit" },
  });
  const text = `${"a b ".repeat(10)}x`;
  const cut = tokenizer.encode(text, undefined, { maxLength: 12 });
  expect(cut).toMatchObject({ truncated: true, empty: false, unknown: false });
  expect(cut.inputIds).toHaveLength(12);
  expect(tokenizer.encode(text, text, { maxLength: 12 }).inputIds).toHaveLength(12);
  expect(() => tokenizer.encode(text, undefined, { maxLength: 30 })).toThrow(
    'tokenizer.json: model: expected unk_token in the vocabulary, got "?"',
  );
});

test("empty and unknown are reported for the whole text, however short it is cut", () => {
  const vocab = { "?": 0, a: 1 };
  const tokenizer = textTokenizer({
    model: { type: "WordLevel", unk_token: "?", vocab },
    pre_tokenizer: { type: "WhitespaceSplit" },
  });
  const encoded = (text: string, pair?: string) => tokenizer.encode(text, pair, { maxLength: 5 });
  expect(encoded("x ".repeat(9))).toMatchObject({ truncated: true, unknown: true });
  expect(encoded(`${"x ".repeat(9)}a`)).toMatchObject({ truncated: true, unknown: false });
  expect(encoded("x x x x x")).toMatchObject({ truncated: false, unknown: true });
  expect(encoded("x x x x x x")).toMatchObject({ truncated: true });
  expect(encoded("a a", "")).toMatchObject({ truncated: false, empty: true });
  // The longer text has the odd token, by however little it is the longer.
  const [one, two] = ["a ".repeat(30), "x ".repeat(31)];
  expect(encoded(one, two).inputIds).toEqual([1, 1, 0, 0, 0]);
  expect(encoded(two, one).inputIds).toEqual([0, 0, 0, 1, 1]);
  expect(encoded(one, "x ".repeat(30)).inputIds).toEqual([1, 1, 0, 0, 0]);
});

/** Made by reference/strings.py. */
const strings = readFileSync(new URL("../reference/strings.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as string);

test("graphemes are those of the segmenter, in windows and without it", () => {
  const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
  const zalgo = `a${"\u0301\u0489".repeat(100)}b\r\n\r`;
  for (const text of [...strings, zalgo, "🇩🇪".repeat(70), "a\u0301".repeat(50) + zalgo]) {
    const expected = Array.from(segmenter.segment(text), ({ segment }) => segment);
    expect([...graphemes(text)]).toEqual(expected);
  }
});

test("a long run of marks is ordered as by String.normalize", () => {
  const marks = "\u0301\u0316\u0345\u0334\u093c\u094d\u05b0\u0344\u034f\u0327\u3099\u0e38\u{1d165}";
  let seed = 7;
  const next = () => (seed = (seed * 16807) % 2147483647);
  for (let run = 0; run < 50; run++) {
    const all = Array.from(marks);
    const text = `e${Array.from({ length: 40 + (run % 60) }, () => all[next() % all.length]).join("")}o`;
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const) {
      expect(normalForm(text, form)).toBe(text.normalize(form));
    }
  }
});

test("a pattern that looks ahead at every blank takes time linear in the text", () => {
  const matches = patternMatches({ Regex: String.raw`\s+$|a*b|x` }, "here");
  const text = `${" ".repeat(50_000)}${"a".repeat(50_000)}x   `;
  expect([...matches(text)]).toEqual([
    { begin: 100_000, end: 100_001 },
    { begin: 100_001, end: 100_004 },
  ]);
});
