import { parse } from "@sweetspot/artifact/parse";
import type { TokenizerFiles } from "./tokenizer-files.ts";
import { z } from "zod";
import { readSentencePieceModel } from "./sentencepiece-model.ts";
import { addedOf, settledDefinition } from "./settled-definition.ts";
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
  settingsFiles,
  whereOf,
} from "./tokenizer-settings.ts";
import { textTokenizer } from "../tokenizer.ts";
import {
  checkMerges,
  parseMerges,
  parseVocabulary,
  shown,
  type Vocabulary,
} from "../models/vocabulary.ts";

const known =
  "tokenizer.json, vocab.txt (WordPiece), vocab.json and merges.txt (BPE), spm.model or sentencepiece.bpe.model (SentencePiece)";

/**
 * The tokenizer of a repository as the content of a `tokenizer.json`, without padding and truncation:
 * its `tokenizer.json` combined with the settings beside it or, without one, made from the vocabulary of
 * BERT, RoBERTa, DeBERTa or XLM-R.
 *
 * @throws Error that names the repository and the file if one is damaged or its tokenizer is unknown;
 *   if there is no tokenizer, it lists the files
 */
export async function repositoryTokenizerJson(
  repository: TokenizerFiles,
): Promise<Record<string, unknown>> {
  const files = await repository.files();
  const kind = kinds.find((k) => k.files.every((file) => files.includes(file)));
  if (kind === undefined) {
    throw new Error(
      `${repository.name}: expected a tokenizer, ${known}, got ${files.join(", ") || "no files"}`,
    );
  }
  const [file] = kind.files;
  const definition = await kind.read(repository, file);
  // Any other problem is reported for this file.
  textTokenizer(definition, whereOf(repository, file));
  return { ...definition, padding: null, truncation: null };
}

/** The files of a repository's tokenizer: the vocabulary and the settings beside it. */
export async function tokenizerFiles(repository: TokenizerFiles): Promise<string[]> {
  const files = await repository.files();
  const kind = kinds.find((k) => k.files.every((file) => files.includes(file)));
  return [...(kind?.files ?? []), ...settingsFiles.filter((file) => files.includes(file))];
}

/** The files that define a tokenizer, and how to read them; preferred ones first. */
const kinds: readonly {
  files: readonly [string, ...string[]];
  read(repository: TokenizerFiles, file: string): Promise<TokenizerDefinition>;
}[] = [
  { files: ["tokenizer.json"], read: ownDefinition },
  { files: ["vocab.txt"], read: bert },
  { files: ["vocab.json", "merges.txt"], read: byteLevel },
  { files: ["spm.model"], read: sentencePiece },
  { files: ["sentencepiece.bpe.model"], read: sentencePiece },
];

async function ownDefinition(
  repository: TokenizerFiles,
  file: string,
): Promise<TokenizerDefinition> {
  const where = whereOf(repository, file);
  const own = parse(z.record(z.string(), z.unknown()), await readJson(repository, file), where);
  const settings = await readTokenizerSettings(repository, addedOf(own, where));
  return settledDefinition(own, settings, {
    own: where,
    config: whereOf(repository, "tokenizer_config.json"),
  });
}

async function bert(repository: TokenizerFiles, file: string): Promise<TokenizerDefinition> {
  const where = whereOf(repository, file);
  const settings = await readTokenizerSettings(repository);
  const { tokenizerClass = "BertTokenizer" } = settings;
  // A model of any other type may have BERT's tokenizer; its special tokens show it.
  if (tokenizerClass !== "BertTokenizer" && settings.classFrom.startsWith("tokenizer_class")) {
    throw unknownTokenizer(where, tokenizerClass, ["BertTokenizer"]);
  }
  const lines = (await readText(repository, file)).split(/\r\n|\n|\r/);
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

async function byteLevel(repository: TokenizerFiles, file: string): Promise<TokenizerDefinition> {
  const where = whereOf(repository, file);
  const settings = await readTokenizerSettings(repository);
  const { tokenizerClass } = settings;
  if (tokenizerClass !== "RobertaTokenizer" && tokenizerClass !== "DebertaTokenizer") {
    throw unknownTokenizer(where, tokenizerClass, ["RobertaTokenizer", "DebertaTokenizer"]);
  }
  const vocabulary = parseVocabulary(await readJson(repository, file), where);
  const merges = await readMerges(repository, vocabulary);
  return byteLevelDefinition(tokenizerClass, vocabulary, merges, settings, where);
}

async function readMerges(repository: TokenizerFiles, vocabulary: Vocabulary): Promise<string[]> {
  const lines = (await readText(repository, "merges.txt")).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const head = lines[0]?.startsWith("#version") === true ? 1 : 0;
  const merges = lines.slice(head);
  const where = whereOf(repository, "merges.txt");
  checkMerges(parseMerges(merges, where, 1 + head), vocabulary, where, 1 + head);
  return merges;
}

async function sentencePiece(
  repository: TokenizerFiles,
  file: string,
): Promise<TokenizerDefinition> {
  const where = whereOf(repository, file);
  const settings = await readTokenizerSettings(repository);
  const { tokenizerClass } = settings;
  const definitions = new Map([
    ["DebertaV2Tokenizer", debertaV2Definition],
    ["XLMRobertaTokenizer", xlmRobertaDefinition],
  ]);
  const definitionOf = definitions.get(tokenizerClass ?? "");
  if (definitionOf === undefined) {
    throw unknownTokenizer(where, tokenizerClass, [...definitions.keys()]);
  }
  const model = readSentencePieceModel(await repository.read(file), where);
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
