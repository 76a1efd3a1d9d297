import { parse } from "@sweetspot/artifact/parse";
import { z } from "zod";
import { bytePair } from "./byte-pair.ts";
import { unigram } from "./unigram.ts";
import {
  checkMerges,
  parseMerges,
  parseScoredPieces,
  parseVocabulary,
  shown,
} from "./vocabulary.ts";
import { wordPiece } from "./word-piece.ts";

const unigramSchema = z.looseObject({
  vocab: z.unknown(),
  unk_id: z.int().nonnegative().nullish(),
  byte_fallback: z.boolean().default(false),
});

/** A word's prefix or suffix; long ones would make texts grow too much. */
const affix = z.string().max(100);

const wordPieceSchema = z.looseObject({
  unk_token: z.string().default("[UNK]"),
  continuing_subword_prefix: affix.default("##"),
  max_input_chars_per_word: z.int().positive().default(100),
});

const wordLevelSchema = z.looseObject({ unk_token: z.string().nullish() });

const bytePairSchema = z.looseObject({
  unk_token: z.string().nullish(),
  fuse_unk: z.boolean().default(false),
  byte_fallback: z.boolean().default(false),
  ignore_merges: z.boolean().default(false),
  // No published encoder uses it.
  continuing_subword_prefix: z.literal("").nullish(),
  end_of_word_suffix: affix.nullish(),
});

/** The model of a tokenizer: words to ids. */
export interface WordModel {
  /** @throws Error if a word has no ids and the model has no unknown token */
  ids(word: string): readonly number[];
  /** The id of the unknown token; undefined if there is none. */
  unknownId: number | undefined;
}

type Kind = "Unigram" | "BPE" | "WordPiece" | "WordLevel";

/**
 * Builds the `model` of a `tokenizer.json`.
 *
 * @throws Error if it is unknown, or its vocabulary is invalid
 */
export function wordModel(config: Readonly<Record<string, unknown>>): WordModel {
  const kind = kindOf(config);
  if (kind === "Unigram") return unigramModel(config);
  const vocabulary = parseVocabulary(config["vocab"], "model.vocab");
  if (kind === "WordPiece") {
    const parsed = parse(wordPieceSchema, config, "model");
    const unknownId = vocabulary.get(parsed.unk_token);
    const ids = wordPiece(vocabulary, {
      prefix: parsed.continuing_subword_prefix,
      longestWord: parsed.max_input_chars_per_word,
    });
    return known((word) => ids(word) ?? unknown(unknownId, parsed.unk_token), unknownId);
  }
  if (kind === "BPE") {
    const parsed = parse(bytePairSchema, config, "model");
    const merges = parseMerges(config["merges"], "model.merges");
    checkMerges(merges, vocabulary, "model.merges");
    const ids = bytePair(vocabulary, merges, {
      unknown: parsed.unk_token ?? undefined,
      fuseUnknown: parsed.fuse_unk,
      byteFallback: parsed.byte_fallback,
      ignoreMerges: parsed.ignore_merges,
      suffix: parsed.end_of_word_suffix ?? "",
    });
    return known(ids, vocabulary.get(parsed.unk_token ?? ""));
  }
  const { unk_token: token } = parse(wordLevelSchema, config, "model");
  const unknownId = vocabulary.get(token ?? "");
  return known((word) => {
    const id = vocabulary.get(word);
    return id === undefined ? unknown(unknownId, token) : [id];
  }, unknownId);
}

function unigramModel(config: Readonly<Record<string, unknown>>): WordModel {
  const parsed = parse(unigramSchema, config, "model");
  const pieces = parseScoredPieces(parsed.vocab, "model.vocab");
  const unknownId = parsed.unk_id ?? undefined;
  if (unknownId !== undefined && unknownId >= pieces.length) {
    throw new RangeError(`model.unk_id: expected one of ${pieces.length} pieces, got ${unknownId}`);
  }
  return known(unigram(pieces, unknownId ?? null, parsed.byte_fallback), unknownId);
}

/** The model's type. Older files do not name it; Hugging Face's library infers it from the other fields. */
function kindOf(config: Readonly<Record<string, unknown>>): Kind {
  const { type } = config;
  if (type === "Unigram" || type === "BPE" || type === "WordPiece" || type === "WordLevel") {
    return type;
  }
  if (type !== undefined && type !== null) {
    throw new TypeError(
      `model.type: expected Unigram, BPE, WordPiece or WordLevel, got ${shown(type)}`,
    );
  }
  if (Array.isArray(config["vocab"])) return "Unigram";
  if ("merges" in config) return "BPE";
  return "continuing_subword_prefix" in config ? "WordPiece" : "WordLevel";
}

function unknown(id: number | undefined, token: string | null | undefined): number[] {
  if (id !== undefined) return [id];
  throw new RangeError(`model: expected unk_token in the vocabulary, got ${shown(token ?? null)}`);
}

/** Caches the ids of recent words, since words recur. */
function known(ids: (word: string) => number[], unknownId: number | undefined): WordModel {
  const kept = new Map<string, number[]>();
  return {
    unknownId,
    ids(word) {
      const found = kept.get(word);
      if (found !== undefined) return found;
      const made = ids(word);
      if (word.length <= 64) {
        if (kept.size >= 10_000) kept.clear();
        kept.set(word, made);
      }
      return made;
    },
  };
}
