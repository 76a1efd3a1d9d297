import { readFile } from "node:fs/promises";
import { parse } from "@sweetspot/artifact";
import type { Repository } from "@sweetspot/hub";
import { z } from "zod";
import { readSentencePieceModel } from "./sentencepiece-model.ts";
import {
  bertDefinition,
  byteLevelDefinition,
  debertaV2Definition,
  type TokenizerDefinition,
  xlmRobertaDefinition,
} from "./tokenizer-definition.ts";
import {
  readJson,
  readText,
  readTokenizerSettings,
  type TokenizerSettings,
  whereOf,
} from "./tokenizer-settings.ts";
import { checkMerges, parseVocabulary, shown, type Vocabulary } from "./vocabulary.ts";

const known =
  "tokenizer.json, vocab.txt (WordPiece), vocab.json and merges.txt (BPE), spm.model or sentencepiece.bpe.model (SentencePiece)";

/**
 * The tokenizer of a repository as the content of a `tokenizer.json`, without padding or
 * truncation: its own `tokenizer.json`, or else what its vocabulary comes to, of BERT, RoBERTa,
 * DeBERTa or XLM-R.
 *
 * @throws Error that names the repository and the file if one is damaged, of a tokenizer that is
 *   not known, or if there is none; then it names the files that there are
 */
export async function repositoryTokenizerJson(
  repository: Repository,
): Promise<Record<string, unknown>> {
  const files = await repository.files();
  const has = (file: string): boolean => files.includes(file);
  if (has("tokenizer.json")) {
    const where = whereOf(repository, "tokenizer.json");
    const json = await readJson(repository, "tokenizer.json");
    const definition = parse(
      z.looseObject({ model: z.looseObject({ vocab: z.unknown() }) }),
      json,
      where,
    );
    return { ...definition, padding: null, truncation: null };
  }
  const spm = ["spm.model", "sentencepiece.bpe.model"].find(has);
  if (!has("vocab.txt") && !(has("vocab.json") && has("merges.txt")) && spm === undefined) {
    throw new Error(
      `${repository.name}: expected a tokenizer, ${known}, got ${files.join(", ") || "no files"}`,
    );
  }
  const settings = await readTokenizerSettings(repository);
  if (has("vocab.txt")) return await bert(repository, settings);
  if (has("vocab.json") && has("merges.txt")) return await byteLevel(repository, settings);
  return await sentencePiece(repository, settings, spm ?? "spm.model");
}

async function bert(
  repository: Repository,
  settings: TokenizerSettings,
): Promise<TokenizerDefinition> {
  const where = whereOf(repository, "vocab.txt");
  const { tokenizerClass = "BertTokenizer" } = settings;
  // A model of any other type may have BERT's tokenizer: its special tokens will tell.
  if (tokenizerClass !== "BertTokenizer" && settings.config.tokenizer_class != null) {
    throw unknownTokenizer(where, tokenizerClass, ["BertTokenizer"]);
  }
  const lines = (await readText(repository, "vocab.txt")).split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  const vocabulary = new Map<string, number>();
  lines.forEach((token, id) => {
    const other = vocabulary.get(token);
    if (other !== undefined) {
      throw new RangeError(
        `${where}: expected each token once, got ${shown(token)} in lines ${other + 1} and ${id + 1}`,
      );
    }
    vocabulary.set(token, id);
  });
  return bertDefinition(vocabulary, settings, where);
}

async function byteLevel(
  repository: Repository,
  settings: TokenizerSettings,
): Promise<TokenizerDefinition> {
  const where = whereOf(repository, "vocab.json");
  const { tokenizerClass } = settings;
  if (tokenizerClass !== "RobertaTokenizer" && tokenizerClass !== "DebertaTokenizer") {
    throw unknownTokenizer(where, tokenizerClass, ["RobertaTokenizer", "DebertaTokenizer"]);
  }
  const vocabulary = parseVocabulary(await readJson(repository, "vocab.json"), where);
  const merges = await readMerges(repository, vocabulary);
  return byteLevelDefinition(tokenizerClass, vocabulary, merges, settings, where);
}

async function readMerges(repository: Repository, vocabulary: Vocabulary): Promise<string[]> {
  const lines = (await readText(repository, "merges.txt")).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const head = lines[0]?.startsWith("#version") === true ? 1 : 0;
  const merges = lines.slice(head);
  checkMerges(merges, vocabulary, whereOf(repository, "merges.txt"), 1 + head);
  return merges;
}

async function sentencePiece(
  repository: Repository,
  settings: TokenizerSettings,
  file: string,
): Promise<TokenizerDefinition> {
  const where = whereOf(repository, file);
  const { tokenizerClass } = settings;
  const definitions = new Map([
    ["DebertaV2Tokenizer", debertaV2Definition],
    ["XLMRobertaTokenizer", xlmRobertaDefinition],
  ]);
  const definitionOf = definitions.get(tokenizerClass ?? "");
  if (definitionOf === undefined) {
    throw unknownTokenizer(where, tokenizerClass, [...definitions.keys()]);
  }
  const model = readSentencePieceModel(await readFile(await repository.path(file)), where);
  return definitionOf(model, settings, where);
}

function unknownTokenizer(
  where: string,
  got: string | undefined,
  expected: readonly string[],
): TypeError {
  const named = got === undefined ? "no model_type in config.json" : got;
  return new TypeError(
    `${where}: expected the vocabulary of ${expected.join(" or ")}, got ${named}; save its tokenizer.json beside it (AutoTokenizer.from_pretrained(...).save_pretrained(...) in Python)`,
  );
}
