import { describe, expect, test } from "vitest";
import { textTokenizer } from "./tokenizer.ts";

const special = [1, 2].map((id) => ({ SpecialToken: { id: `[${id}]`, type_id: 0 } }));
const [a, b] = ["A", "B"].map((id) => ({ Sequence: { id, type_id: 0 } }));
const template = (parts: Readonly<Record<string, unknown>>) => ({
  type: "TemplateProcessing",
  single: [special[0], a, special[1]],
  pair: [special[0], a, special[1], b],
  special_tokens: { "[1]": { ids: [1] }, "[2]": { ids: [2] } },
  ...parts,
});
const good = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: template({}),
  model: { type: "WordLevel", unk_token: "?", vocab: { "?": 0, "[1]": 1, "[2]": 2, a: 3, aa: 4 } },
};
const splitting = (Regex: string) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated" });
const doubling = { type: "Replace", pattern: { String: "a" }, content: "aa" };
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
function nested(depth: number, key: string): unknown {
  let inner: unknown = { type: "Lowercase" };
  for (let i = 0; i < depth; i++) inner = { type: "Sequence", [key]: [inner] };
  return inner;
}

/** What making the tokenizer, or encoding a long text of `a`, throws; and it is quick about it. */
function problemOf(parts: Readonly<Record<string, unknown>>, text = "a".repeat(50_000)): string {
  const begin = performance.now();
  try {
    const tokenizer = textTokenizer({ ...good, ...parts }, "DIR/tokenizer.json");
    tokenizer.encode(text, undefined, { maxLength: 16 });
    return "none";
  } catch (error) {
    return String(error);
  } finally {
    expect(performance.now() - begin).toBeLessThan(5000);
  }
}

test("a repository without any of these files has no tokenizer", () => {
  expect(problemOf({})).toBe("none");
});

describe("a tokenizer.json that would take unbounded time or memory is an error", () => {
  test.each([
    ["normalizer", "normalizers", "NFC"],
    ["pre_tokenizer", "pretokenizers", "Whitespace"],
  ])("steps of %s without end, one after another or nested", (step, key, type) => {
    const after = { type: "Sequence", [key]: many(100_000, { type }) };
    for (const steps of [after, nested(100_000, key)])
      expect(problemOf({ [step]: steps })).toMatch(`${step}: expected at most 100 steps`);
  });

  test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      "a repetition inside of a repetition, to split",
      { pre_tokenizer: splitting("(a+)+$") },
      /tokenizer\.json: .*pre_tokenizer\.pattern: .*"\(a\+\)\+\$": a repetition without end inside of another/,
    ],
    [
      "such, to replace",
      {
        normalizer: {
          type: "Sequence",
          normalizers: [{ type: "NFC" }, { ...doubling, pattern: { Regex: "(?:x|(?:a|b)*c?)*" } }],
        },
      },
      /normalizer\.normalizers\.1\.pattern: .*a repetition without end inside of another/,
    ],
    [
      "a back reference",
      { pre_tokenizer: splitting(String.raw`(a)\1`) },
      /pre_tokenizer\.pattern: .*\\1 is not known/,
    ],
    [
      "a program without end",
      { pre_tokenizer: splitting("((a{1000}){1000}){1000}") },
      /pre_tokenizer\.pattern: .*too long/,
    ],
    [
      "groups without end",
      { pre_tokenizer: splitting("(".repeat(5000)) },
      /pre_tokenizer\.pattern: .*nested deeper than 50/,
    ],
    [
      "an exponential pattern that looks ahead",
      { pre_tokenizer: splitting(`(?=${"a?".repeat(40)}${"a".repeat(40)}b)a`) },
      /tokenizer\.json: pre_tokenizer\.pattern: ".*" takes more than 200 steps for each character/,
    ],
    [
      "31 steps that double",
      { normalizer: { type: "Sequence", normalizers: many(31, doubling) } },
      /tokenizer\.json: normalizer\.normalizers\.\d+: expected Replace to keep a text of 50000 characters under 1601024, got more/,
    ],
    [
      "long text for each character",
      { normalizer: { ...doubling, content: "b".repeat(1_000_000) } },
      /tokenizer\.json: normalizer: expected Replace to keep a text of 50000/,
    ],
    [
      "a long text before",
      { normalizer: { type: "Prepend", prepend: "b".repeat(5_000_000) } },
      /normalizer: expected Prepend to keep/,
    ],
    [
      "bytes of bytes of bytes",
      { pre_tokenizer: { type: "Sequence", pretokenizers: many(20, { type: "ByteLevel" }) } },
      /pre_tokenizer: expected at most one ByteLevel/,
    ],
    [
      "a long blank",
      { pre_tokenizer: { type: "Metaspace", replacement: "▁".repeat(1000) } },
      /pre_tokenizer.*replacement.*must be one character/,
    ],
    [
      "a text twice",
      { post_processor: template({ single: [a, special[0], a] }) },
      /post_processor\.single: expected the sequences A, each once, got A, A/,
    ],
    [
      "a pair's text twice",
      { post_processor: template({ pair: [a, b, b] }) },
      /post_processor\.pair: expected the sequences A, B, each once, got A, B, B/,
    ],
    [
      "a second text without a first",
      { post_processor: template({ pair: [b] }) },
      /post_processor\.pair: expected the sequences A, B, each once, got B/,
    ],
    [
      "a template without a text",
      { post_processor: template({ single: [special[0]] }) },
      /post_processor\.single: .*got none/,
    ],
    [
      "a long template",
      { post_processor: template({ single: many(100_000, special[0]) }) },
      /post_processor\.single: expected at most 100 parts, got 100000/,
    ],
    [
      "a token of many ids",
      {
        post_processor: template({
          special_tokens: { "[1]": { ids: many(100_000, 1) }, "[2]": { ids: [2] } },
        }),
      },
      /post_processor\.special_tokens\.\[1\]\.ids: expected at most 100 parts/,
    ],
    [
      "processors nested without end",
      { post_processor: nested(100_000, "processors") },
      /post_processor.*: nested deeper than 10/,
    ],
    [
      "a long added token",
      { added_tokens: [{ id: 9, content: "a".repeat(100_000) }] },
      /added_tokens: expected tokens of at most 1000 characters, got one of 100000/,
    ],
    [
      "a long piece",
      {
        model: {
          type: "Unigram",
          vocab: [
            ["a", 0],
            ["a".repeat(100_000), 0],
          ],
          unk_id: 0,
        },
      },
      /model\.vocab: expected tokens of at most 1000 characters/,
    ],
    [
      "a long suffix",
      { model: { type: "BPE", vocab: { a: 1 }, merges: [], end_of_word_suffix: "b".repeat(101) } },
      /model.*end_of_word_suffix/,
    ],
    [
      "an unknown model",
      { model: { type: "?" } },
      /model\.type: expected Unigram, BPE, WordPiece or WordLevel, got "\?"/,
    ],
    [
      "an id that no encoder reads",
      { model: { ...good.model, vocab: { a: 2 ** 40 } } },
      /model\.vocab: expected an id for "a", got 1099511627776/,
    ],
  ])("%s", (_, parts, message) => {
    expect(problemOf(parts)).toMatch(message);
  });

  test("a charsmap whose results have no end", () => {
    // A trie that knows "a" alone, and whose result is the rest of the file.
    const trie = new Uint32Array(512);
    trie[0] = 256 << 10;
    const node = 256 ^ 97;
    trie[node] = 97 | (1 << 8) | (((node ^ 300) << 10) >>> 0);
    trie[300] = 0x8000_0000;
    const bytes = Buffer.concat([
      Buffer.from(Uint32Array.of(trie.byteLength).buffer),
      Buffer.from(trie.buffer),
      Buffer.alloc(100_000, "b"),
    ]);
    const precompiled_charsmap = bytes.toString("base64");
    expect(problemOf({ normalizer: { type: "Precompiled", precompiled_charsmap } })).toMatch(
      /tokenizer\.json: precompiled_charsmap: expected at most 255 bytes for "a", got 100000/,
    );
  });

  test("many added tokens are found in time linear in the text", () => {
    const added_tokens = Array.from({ length: 20_000 }, (_, id) => ({ id, content: `a${id}` }));
    expect(problemOf({ added_tokens })).toBe("none");
  });
});
