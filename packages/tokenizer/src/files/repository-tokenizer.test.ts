import { mkdtempSync, rmSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderFiles } from "../testing/folder-files.ts";
import { encoderFolder } from "../testing/tokenizer-parity.ts";
import { repositoryTokenizerJson } from "./repository-tokenizer.ts";
import { textTokenizer, type TextTokenizer } from "../tokenizer.ts";

const work = mkdtempSync(join(tmpdir(), "sweetspot-tokenizers-"));
afterAll(() => rmSync(work, { recursive: true }));

/** A copy of a repository of `reference/encoders`, with other files. */
async function repository(
  name: string,
  files: Readonly<Record<string, string | Uint8Array | object | null>> = {},
) {
  const folder = join(work, "repository");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  if (name !== "") await cp(encoderFolder(name), folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    const plain = typeof content === "string" || content instanceof Uint8Array;
    if (content === null) await rm(join(folder, file));
    else await writeFile(join(folder, file), plain ? content : JSON.stringify(content));
  }
  return folderFiles(folder);
}

async function definitionOf(...args: Parameters<typeof repository>) {
  return await repositoryTokenizerJson(await repository(...args));
}

async function idsOf(args: Parameters<typeof repository>, text: string, pair?: string) {
  const tokenizer = textTokenizer(await definitionOf(...args));
  return tokenizer.encode(text, pair, { maxLength: 100 });
}

async function bytesOf(name: string, file: string): Promise<Buffer> {
  return await readFile(join(encoderFolder(name), file));
}

describe("what a repository ships", () => {
  test("its tokenizer.json is preferred to vocabularies, without padding and truncation", async () => {
    const own = {
      ...(await definitionOf("roberta")),
      padding: { strategy: "BatchLongest" },
      truncation: { max_length: 4 },
    };
    const files = { "tokenizer.json": own, "vocab.txt": "[UNK]\n", "tokenizer_config.json": {} };
    const definition = await definitionOf("roberta", files);
    expect(definition).toEqual({ ...own, padding: null, truncation: null });
  });

  test("WordPiece is lower-cased unless its settings say otherwise", async () => {
    const without = { "tokenizer_config.json": null, "config.json": null };
    expect(await definitionOf("wordpiece-cased", without)).toMatchObject({
      normalizer: { lowercase: true, strip_accents: null, handle_chinese_chars: true },
    });
    const settings = { do_lower_case: false, strip_accents: true, tokenize_chinese_chars: false };
    expect(
      await definitionOf("wordpiece-cased", { "tokenizer_config.json": settings }),
    ).toMatchObject({
      normalizer: { lowercase: false, strip_accents: true, handle_chinese_chars: false },
    });
  });

  test("special tokens are those of the settings, with their options", async () => {
    const vocabulary = "<pad>\n<unk>\n<cls>\n<sep>\ngood\n";
    const files = {
      "vocab.txt": vocabulary,
      "tokenizer_config.json": {
        unk_token: "<unk>",
        pad_token: "<pad>",
        sep_token: { content: "<sep>", lstrip: false },
      },
      "special_tokens_map.json": {
        cls_token: "<cls>",
        mask_token: { content: "<mask>", lstrip: true, rstrip: false, normalized: false },
      },
    };
    expect(await idsOf(["", files], "good  <mask> <sep>bad", "good")).toMatchObject({
      inputIds: [2, 4, 5, 3, 1, 3, 4, 3],
      tokenTypeIds: [0, 0, 0, 0, 0, 0, 1, 1],
    });
    expect(await definitionOf("", files)).toMatchObject({
      added_tokens: [{ id: 0 }, { id: 1 }, { id: 2 }, { id: 3 }, { id: 5, lstrip: true }],
    });
  });

  test("tokens added by id come after the vocabulary", async () => {
    const token = { content: "[place]", lstrip: false, normalized: false, special: false };
    const decoder = (id: number) => ({
      "tokenizer_config.json": { added_tokens_decoder: { [id]: token } },
    });
    const { inputIds } = await idsOf(["wordpiece-uncased", decoder(2000)], "[place]");
    expect(inputIds).toEqual([2, 2000, 3]);
    await expect(definitionOf("wordpiece-uncased", decoder(2002))).rejects.toThrow(
      'vocab.txt: expected "[place]" at 2002, where the repository adds it, got 2000',
    );
    const legacy = { "added_tokens.json": { "[place]": 2000 } };
    expect((await idsOf(["wordpiece-uncased", legacy], "[PLACE]")).inputIds).toEqual([2, 2000, 3]);
  });

  test("RoBERTa's pairs are of one type, DeBERTa's of two", async () => {
    const roberta = await idsOf(["roberta"], "a", "a");
    const [a = -1] = roberta.inputIds.slice(1, 2);
    expect(roberta).toMatchObject({
      inputIds: [0, a, 2, 2, a, 2],
      tokenTypeIds: [0, 0, 0, 0, 0, 0],
    });
    expect(await idsOf(["deberta"], "a", "a")).toMatchObject({
      inputIds: [0, a, 2, a, 2],
      tokenTypeIds: [0, 0, 0, 1, 1],
    });
  });

  test("add_prefix_space is honoured", async () => {
    const settings = { "tokenizer_config.json": { add_prefix_space: true } };
    const { inputIds } = await idsOf(["roberta", settings], "the");
    expect(inputIds).toEqual((await idsOf(["roberta"], " the")).inputIds);
    expect(inputIds).not.toEqual((await idsOf(["roberta"], "the")).inputIds);
  });

  test("XLM-R has fairseq's ids around SentencePiece's, DeBERTa has none", async () => {
    const xlm = await definitionOf("xlm-roberta");
    expect(xlm).toMatchObject({
      model: { unk_id: 3 },
      added_tokens: [0, 1, 2, 3, 2001].map((id) => ({ id })),
    });
    const deberta = await definitionOf("deberta-v2", {
      "tokenizer_config.json": { do_lower_case: true, split_by_punct: true },
    });
    expect(deberta).toMatchObject({
      model: { unk_id: 3 },
      added_tokens: [0, 1, 2, 3, 4, 2000].map((id) => ({ id })),
      normalizer: { normalizers: [{ type: "Lowercase" }, {}, {}, {}] },
      pre_tokenizer: { pretokenizers: [{ type: "Punctuation" }, { type: "Metaspace" }] },
    });
  });
});

describe("errors name the file", () => {
  test.each<[string, Parameters<typeof repository>, string]>([
    ["no tokenizer", ["", { "config.json": {} }], "repository: expected a tokenizer, tokenizer.js"],
    ["no tokenizer", ["", { "config.json": {} }], "(SentencePiece), got config.json"],
    ["no files", [""], "got no files"],
    ["merges without a vocabulary", ["roberta", { "vocab.json": null }], "got config.json, merges"],
    ["not JSON", ["", { "tokenizer.json": "{" }], "repository: tokenizer.json: expected JSON"],
    ["no model", ["", { "tokenizer.json": {} }], "tokenizer.json: model: Invalid input"],
    ["settings", ["roberta", { "tokenizer_config.json": "[]" }], "tokenizer_config.json: value:"],
    ["not UTF-8", ["", { "vocab.txt": Uint8Array.of(0xff) }], "vocab.txt: expected UTF-8"],
    [
      "a token twice",
      ["", { "vocab.txt": "[UNK]\n[CLS]\r\n[CLS]\n" }],
      'vocab.txt: expected each token once, got "[CLS]" in lines 2 and 3',
    ],
    [
      "no [SEP]",
      ["", { "vocab.txt": "[UNK]\n[CLS]\n" }],
      'vocab.txt: expected the sep_token "[SEP]" in the vocabulary, got 2 tokens without it',
    ],
    [
      "another tokenizer",
      [
        "wordpiece-cased",
        { "tokenizer_config.json": { tokenizer_class: "BertJapaneseTokenizer" } },
      ],
      "vocab.txt: expected the vocabulary of BertTokenizer, got BertJapaneseTokenizer",
    ],
    [
      "another model",
      ["roberta", { "config.json": { model_type: "gpt2" } }],
      "vocab.json: expected the vocabulary of RobertaTokenizer or DebertaTokenizer, got gpt2",
    ],
    [
      "no model_type",
      ["deberta-v2", { "config.json": {} }],
      "spm.model: expected the vocabulary of DebertaV2Tokenizer or XLMRobertaTokenizer, got no model_type",
    ],
    [
      "an id twice",
      ["roberta", { "vocab.json": { a: 0, b: 0 } }],
      'vocab.json: expected a different id for each token, got 0 for "a" and "b"',
    ],
    ["no id", ["roberta", { "vocab.json": { a: -1 } }], 'expected an id for "a", got -1'],
    [
      "a merge of no token",
      ["roberta", { "merges.txt": "#version: 0.2\nt h\nq qq\n" }],
      'merges.txt: line 3: expected two tokens that join to a third, got "q qq", where "qq" is not',
    ],
    ["no merge", ["roberta", { "merges.txt": "ab\n" }], "merges.txt: line 1: expected two tokens"],
    [
      "no protobuf",
      ["deberta-v2", { "spm.model": "not one" }],
      "spm.model: expected a field at by",
    ],
    ["an empty file", ["deberta-v2", { "spm.model": "" }], "spm.model: expected one unknown piece"],
  ])("%s", async (_, args, message) => {
    await expect(definitionOf(...args)).rejects.toThrow(message);
  });

  test("a SentencePiece model that is cut off", async () => {
    const whole = await bytesOf("deberta-v2", "spm.model");
    const files = { "spm.model": whole.subarray(0, whole.length - 1000) };
    await expect(definitionOf("deberta-v2", files)).rejects.toThrow(
      /repository: spm\.model: .*expected \d+ bytes at byte \d+ of \d+, got \d+; is the file cut off\?/,
    );
  });

  test("a SentencePiece model of another kind, or with other rules for white space", async () => {
    const whole = await bytesOf("xlm-roberta", "sentencepiece.bpe.model");
    // A message that stands again is merged with the one before: trainer_spec.model_type = BPE.
    const then = (...bytes: number[]) => ({
      "sentencepiece.bpe.model": Buffer.concat([whole, Uint8Array.from(bytes)]),
    });
    const refused = async (bytes: readonly number[], message: string) => {
      await expect(definitionOf("xlm-roberta", then(...bytes))).rejects.toThrow(message);
    };
    await refused(
      [0x12, 2, 0x18, 2],
      "sentencepiece.bpe.model: expected a SentencePiece model of the kind Unigram, got BPE",
    );
    await refused([0x12, 3, 0x98, 2, 1], "expected a SentencePiece model without byte_fallback");
    await refused([0x1a, 2, 0x18, 0], "expected add_dummy_prefix, as in every encoder's model");
    await refused([0x0a, 3, 0x0a, 1, 0x61, 0x0a, 3, 0x0a, 1, 0x61], "expected each piece once");
  });

  const runs = Number(process.env["SWEETSPOT_FUZZ_RUNS"] ?? 500);

  describe("damaged in any way", () => {
    const own = join(work, "own");
    beforeAll(async () => {
      const definition = await definitionOf("roberta");
      await mkdir(own);
      await writeFile(join(own, "tokenizer.json"), JSON.stringify(definition));
    });
    const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    const some = fc.uint8Array({ maxLength: 6 });
    const damage = fc.oneof(
      fc.record({ cut: at }),
      fc.record({ at, drop: fc.nat({ max: 40 }), put: some }),
      fc.record({ at, again: fc.nat({ max: 400 }) }),
    );
    type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

    function damaged(bytes: Buffer, damages: readonly Damage[]): Buffer {
      return damages.reduce((b, d) => {
        if ("cut" in d) return b.subarray(0, Math.floor(d.cut * b.length));
        const place = Math.floor(d.at * b.length);
        if ("again" in d) {
          const part = b.subarray(place, place + d.again);
          return Buffer.concat([b.subarray(0, place), part, b.subarray(place)]);
        }
        return Buffer.concat([b.subarray(0, place), d.put, b.subarray(place + d.drop)]);
      }, bytes);
    }

    /** What encoding throws. */
    function thrown(tokenizer: TextTokenizer): unknown[] {
      const texts = ["", "Good, isn't it?", "ﬁne ½ 日本語 👍🏽 [MASK]<s>", "e\u0301 \u0000"];
      return texts.flatMap((text) => {
        try {
          tokenizer.encode(text, text, { maxLength: 32 });
          return [];
        } catch (error) {
          return [error];
        }
      });
    }

    test(
      `${runs} times: an error that names the repository, or a tokenizer`,
      { timeout: 60_000 + 50 * runs },
      async () => {
        const names = ["wordpiece-cased", "roberta", "deberta", "deberta-v2", "xlm-roberta", own];
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...names),
            at,
            fc.array(damage, { minLength: 1, maxLength: 3 }),
            async (name, which, damages) => {
              const whole = folderFiles(name === own ? own : encoderFolder(name));
              const files = await whole.files();
              const file = files[Math.floor(which * files.length)] ?? "";
              const read = async (f: string) => {
                const bytes = await whole.read(f);
                return f === file ? damaged(Buffer.from(bytes), damages) : bytes;
              };
              const got = await repositoryTokenizerJson({ ...whole, name: "damaged", read }).then(
                (definition) => thrown(textTokenizer(definition)),
                (error: unknown) => [error, String(error).includes("damaged: ") ? error : "?"],
              );
              expect(got.filter((error) => !(error instanceof Error))).toEqual([]);
            },
          ),
          { numRuns: runs },
        );
      },
    );
  });
});
