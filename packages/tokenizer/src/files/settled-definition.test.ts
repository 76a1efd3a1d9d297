import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { folderFiles } from "../testing/folder-files.ts";
import { repositoryTokenizerJson, tokenizerFiles } from "./repository-tokenizer.ts";
import { textTokenizer } from "../tokenizer.ts";

interface Case {
  name: string;
  base: string;
  parts: Record<string, unknown>;
  files: Record<string, unknown>;
  ids: number[][];
  pair: [ids: number[], types: number[]];
}

/** Made by Hugging Face transformers with reference/settled_tokenizers.py. */
const [, texts, bases, ...cases] = readFileSync(
  new URL("../../reference/settled-tokenizers.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as unknown) as [
  unknown,
  string[],
  Record<string, Record<string, unknown>>,
  ...Case[],
];

const folder = join(mkdtempSync(join(tmpdir(), "sweetspot-settled-")), "repository");
afterAll(() => rmSync(join(folder, ".."), { recursive: true }));

async function opened(
  base: string,
  parts: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, unknown>> = {},
) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const all = { "tokenizer.json": { ...bases[base], ...parts }, ...files };
  for (const [file, content] of Object.entries(all)) {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    await writeFile(join(folder, file), text);
  }
  return folderFiles(folder);
}

async function problemOf(...args: Parameters<typeof opened>): Promise<string> {
  return await repositoryTokenizerJson(await opened(...args)).then(
    () => "none",
    (error: unknown) => String(error),
  );
}

describe("the ids of a tokenizer.json with files beside it are AutoTokenizer's", () => {
  test.each(cases)("$name", async ({ base, parts, files, ids, pair }) => {
    const tokenizer = textTokenizer(
      await repositoryTokenizerJson(await opened(base, parts, files)),
    );
    const encode = (text: string, second?: string) =>
      tokenizer.encode(text, second, { maxLength: 100 });
    expect(texts.map((text) => encode(text).inputIds)).toEqual(ids);
    const two = encode(texts[0] ?? "", texts[1]);
    expect([two.inputIds, two.tokenTypeIds]).toEqual(pair);
  });
});

describe("files that disagree without a rule that decides", () => {
  const bert = { tokenizer_class: "BertTokenizer" };
  const normalizer = bases["bert"]?.["normalizer"] as object;
  const pre = bases["roberta"]?.["pre_tokenizer"] as object;

  test.each<[string, Parameters<typeof opened>, RegExp]>([
    [
      "cased, and do_lower_case is missing",
      [
        "bert",
        { normalizer: { ...normalizer, lowercase: false } },
        { "tokenizer_config.json": bert },
      ],
      /tokenizer\.json: normalizer\.lowercase comes to false, and .*tokenizer_config\.json has no do_lower_case/,
    ],
    [
      "accents kept, and strip_accents is missing",
      [
        "bert",
        { normalizer: { ...normalizer, strip_accents: false } },
        { "config.json": { model_type: "bert" } },
      ],
      /normalizer\.strip_accents comes to false.*tokenizer_config\.json has no strip_accents, for which model_type bert/,
    ],
    [
      "Chinese kept whole, and tokenize_chinese_chars is missing",
      [
        "bert",
        { normalizer: { ...normalizer, handle_chinese_chars: false } },
        { "tokenizer_config.json": bert },
      ],
      /handle_chinese_chars comes to false.*no tokenize_chinese_chars/,
    ],
    [
      "a blank before, and add_prefix_space is missing",
      [
        "roberta",
        { pre_tokenizer: { ...pre, add_prefix_space: true } },
        { "config.json": { model_type: "roberta" } },
      ],
      /pre_tokenizer\.add_prefix_space comes to true.*no add_prefix_space/,
    ],
    [
      "another normaliser than the class has",
      ["bert", { normalizer: { type: "Lowercase" } }, { "tokenizer_config.json": bert }],
      /expected BertNormalizer .* tokenizer_class BertTokenizer of tokenizer_config\.json says, got Lowercase.*PreTrainedTokenizerFast/,
    ],
    [
      "a normaliser where the class has none",
      ["roberta", { normalizer: { type: "NFC" } }, { "config.json": { model_type: "roberta" } }],
      /expected none and ByteLevel.*model_type roberta of config\.json says, got NFC and ByteLevel/,
    ],
    [
      "a model of another kind",
      ["roberta", {}, { "tokenizer_config.json": bert }],
      /tokenizer\.json: model\.type: expected WordPiece, as tokenizer_class BertTokenizer of tokenizer_config\.json says, got BPE/,
    ],
    [
      "an unknown class, and flags",
      [
        "bert",
        {},
        { "tokenizer_config.json": { tokenizer_class: "OwnTokenizer", do_lower_case: false } },
      ],
      /normalizer\.lowercase comes to true, do_lower_case in .*tokenizer_config\.json is false, and tokenizer_class OwnTokenizer of tokenizer_config\.json is not known/,
    ],
    [
      "no special tokens, and a class of no kind",
      [
        "bert",
        { post_processor: null },
        { "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast" } },
      ],
      /tokenizer\.json: post_processor: expected a special token before a text, got none, and tokenizer_class PreTrainedTokenizerFast of tokenizer_config\.json does not say which/,
    ],
    [
      "no special tokens, and nothing beside it",
      ["bert", { post_processor: null }],
      /post_processor: expected a special token before a text, got none, and model_type \(none\) of config\.json/,
    ],
    [
      "a token at another id",
      ["bert", {}, { "tokenizer_config.json": bert, "added_tokens.json": { "[ENT]": 30 } }],
      /expected "\[ENT\]" at 30, where the repository adds it, got 23/,
    ],
  ])("%s", async (_, args, message) => {
    expect(await problemOf(...args)).toMatch(message);
  });
});

test("the settings beside a tokenizer.json are among its files", async () => {
  const files = { "tokenizer_config.json": {}, "config.json": {}, "README.md": "" };
  expect(await tokenizerFiles(await opened("bert", {}, files))).toEqual([
    "tokenizer.json",
    "tokenizer_config.json",
    "config.json",
  ]);
});

test("model_max_length, and a file's own truncation and padding, do not cut or fill a text", async () => {
  const parts = {
    truncation: { direction: "Right", max_length: 3, strategy: "LongestFirst", stride: 0 },
    padding: {
      strategy: { Fixed: 9 },
      direction: "Left",
      pad_id: 0,
      pad_type_id: 0,
      pad_token: "[PAD]",
    },
  };
  const files = {
    "config.json": { model_type: "bert" },
    "tokenizer_config.json": { model_max_length: 3 },
  };
  const tokenizer = textTokenizer(
    await repositoryTokenizerJson(await opened("bert", parts, files)),
  );
  const { inputIds } = tokenizer.encode("so good so good", undefined, { maxLength: 5 });
  expect(inputIds).toEqual([2, 13, 14, 13, 3]);
});
