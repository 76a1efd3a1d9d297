import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DataSettings } from "./settings.ts";
import { stage } from "./stage.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "limits-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Words 5 to 9 after the special tokens; BERT's pairs. */
const tokenizer = {
  added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: { type: "BertNormalizer", lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "e"].map((t, i) => [t, i]),
    ),
  },
};
const bert = {
  model_type: "bert",
  vocab_size: 10,
  max_position_embeddings: 32,
  type_vocab_size: 2,
};

async function problem(
  name: string,
  config: object | undefined,
  settings: Partial<DataSettings> = {},
  definition: object = tokenizer,
) {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(definition));
  if (config !== undefined) await writeFile(join(folder, "config.json"), JSON.stringify(config));
  // The tokenizer is read as it stands, whatever the encoder's kind.
  const generic = { tokenizer_class: "PreTrainedTokenizerFast" };
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(generic));
  const given = {
    task: { file: "x.csv", text: "t", label: "l" },
    encoder: { folder },
    ...settings,
  };
  return stage.check?.(stage.settings.parse({ maxLength: 32, ...given }));
}
const pairs = { task: { file: "x.csv", text: "t", textPair: "p", label: "l" } };

describe("before anything runs", () => {
  test("an encoder, its tokenizer and a length that fit are accepted", async () => {
    expect(await problem("fits", bert, pairs)).toBeUndefined();
    expect(await problem("bare", undefined, { maxLength: 512 })).toBeUndefined();
    expect(await problem("silent", { model_type: "other" }, { maxLength: 512 })).toBeUndefined();
  });

  test("maxLength is checked against the positions, for RoBERTa without those before the first token", async () => {
    const config = join(root, "long", "config.json");
    expect(await problem("long", bert, { maxLength: 33 })).toEqual({
      setting: "maxLength",
      message: `expected at most 32 tokens, got 33: ${config} has max_position_embeddings 32; set maxLength: 32`,
    });
    const roberta = { ...bert, model_type: "roberta", pad_token_id: 1 };
    expect(await problem("roberta", roberta, { maxLength: 30 })).toBeUndefined();
    expect(await problem("roberta", roberta, { maxLength: 31 })).toMatchObject({
      setting: "maxLength",
      message: expect.stringMatching(
        /config\.json has max_position_embeddings 32, 2 of them before the first token; set maxLength: 30$/,
      ) as string,
    });
  });

  test("the tokenizer's largest id is checked against the vocabulary, with added tokens", async () => {
    const config = join(root, "small", "config.json");
    expect(await problem("small", { ...bert, vocab_size: 9 })).toMatchObject({
      setting: "encoder",
      message: expect.stringContaining(
        `its tokenizer gives "e" the id 9, but ${config} has vocab_size 9`,
      ) as string,
    });
    const added = {
      ...tokenizer,
      added_tokens: [
        ...tokenizer.added_tokens,
        { ...tokenizer.added_tokens[0], id: 10, content: "@" },
      ],
    };
    expect(await problem("added", bert, {}, added)).toMatchObject({
      setting: "encoder",
      message: expect.stringContaining(`gives "@" the id 10`) as string,
    });
    expect(await problem("added", { ...bert, vocab_size: 11 }, {}, added)).toBeUndefined();
  });

  test("the second text's type is checked against the types, for pairs and if there are types", async () => {
    const one = { ...bert, type_vocab_size: 1 };
    expect(await problem("types", one)).toBeUndefined();
    expect(await problem("types", { ...bert, type_vocab_size: 0 }, pairs)).toBeUndefined();
    for (const settings of [pairs, { task: "gloss-match" as const }])
      expect(await problem("types", one, settings)).toMatchObject({
        setting: "encoder",
        message: expect.stringMatching(
          /the token type 1, but .*config\.json has type_vocab_size 1/,
        ) as string,
      });
  });

  test("an invalid config.json is named", async () => {
    expect(await problem("wrong", { ...bert, vocab_size: "10" })).toMatchObject({
      setting: "encoder",
      message: expect.stringContaining(
        `${join(root, "wrong", "config.json")}: vocab_size: `,
      ) as string,
    });
  });

  test("embedded encoders are checked against their own tables", async () => {
    for (const encoder of ["minilm", "tiny"])
      expect(
        await problem("unused", undefined, { ...pairs, encoder, maxLength: 512 }),
      ).toBeUndefined();
  });
});
