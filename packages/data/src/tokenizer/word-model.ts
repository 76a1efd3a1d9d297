import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import { libraryPart } from "./library-parts.ts";
import { unigram } from "./unigram.ts";
import { checkMerges, parseVocabulary } from "./vocabulary.ts";

const unigramSchema = z.looseObject({
  vocab: z.array(z.tuple([z.string(), z.number()])).min(1),
  unk_id: z.int().nonnegative().nullish(),
  byte_fallback: z.boolean().default(false),
});

const unknownSchema = z.looseObject({ unk_token: z.string().nullish() });

const bpeSchema = z.looseObject({
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  // The library leaves it out.
  continuing_subword_prefix: z.literal("").nullish(),
});

/** The model of a tokenizer: words to ids. */
export interface WordModel {
  /** @throws Error if a word has no ids and the model none for what is unknown */
  ids(word: string): number[];
  /** The id of what the vocabulary does not know; undefined if there is none. */
  unknownId: number | undefined;
}

/**
 * A `tokenizer.json`'s `model`. WordPiece and BPE are those of `@huggingface/tokenizers` 0.2;
 * its Unigram joins unknown words with one another and takes other paths of the same score.
 *
 * @throws Error if it is none that is known, or its vocabulary is not one
 */
export function wordModel(config: Readonly<Record<string, unknown>>): WordModel {
  if (config["type"] === "Unigram" || Array.isArray(config["vocab"])) {
    const {
      vocab,
      unk_id: unknownId,
      byte_fallback: bytes,
    } = parse(unigramSchema, config, "model");
    if (unknownId != null && unknownId >= vocab.length) {
      throw new RangeError(
        `model.unk_id: expected one of ${vocab.length} pieces, got ${unknownId}`,
      );
    }
    const ids = unigram(vocab, unknownId ?? null, bytes);
    return { ids: cached(ids), unknownId: unknownId ?? undefined };
  }
  const vocabulary = parseVocabulary(config["vocab"], "model.vocab");
  if ("merges" in config) {
    checkMerges(parse(bpeSchema, config, "model").merges, vocabulary, "model.merges");
  }
  const { unk_token: unknown } = parse(unknownSchema, config, "model");
  const model = libraryPart("model", config);
  const { tokens_to_ids: idOf } = model;
  const unknownId = unknown == null ? undefined : idOf.get(unknown);
  return {
    ids: cached((word) =>
      model([word]).map((token) => {
        const id = idOf.get(token) ?? unknownId;
        if (id !== undefined) return id;
        throw new RangeError(`model: expected unk_token in the vocabulary, got ${unknown}`);
      }),
    ),
    unknownId,
  };
}

/** Words recur: those seen last are kept. */
function cached(ids: (word: string) => number[]): (word: string) => number[] {
  const known = new Map<string, number[]>();
  return (word) => {
    const found = known.get(word);
    if (found !== undefined) return found;
    const made = ids(word);
    if (word.length <= 64) {
      if (known.size >= 10_000) known.clear();
      known.set(word, made);
    }
    return made;
  };
}
