import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import { addedTokenSchema, addedTokenSplitter } from "./added-tokens.ts";
import { normalizer } from "./normalizer.ts";
import { addedCount, fill, postProcessor } from "./post-processor.ts";
import { preTokenizer } from "./pre-tokenizer.ts";
import { wordModel } from "./word-model.ts";

/** One example as an encoder reads it. */
export interface EncodedText {
  /** `[T]`, special tokens included. */
  inputIds: number[];
  /** `[T]`: 0 for the first text, 1 for the second. */
  tokenTypeIds: number[];
  /** Whether tokens were left out to keep to `maxLength`. */
  truncated: boolean;
  /** Whether a text has no token of its own: nothing, white space, or what the tokenizer drops. */
  empty: boolean;
  /** Whether there are tokens, but none that the vocabulary knows. */
  unknown: boolean;
}

/** Text to token ids. */
export interface TextTokenizer {
  /**
   * Text, or a pair of texts, to token ids, special tokens added.
   *
   * @param options.maxLength tokens, special ones included; a pair is cut as Hugging Face's `longest_first`
   * @throws RangeError if `maxLength` leaves no room for a token of each text
   */
  encode(text: string, textPair: string | undefined, options: { maxLength: number }): EncodedText;
}

const tokenizerSchema = z.looseObject({
  model: z.looseObject({}),
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
});

/**
 * A tokenizer from the content of a `tokenizer.json`: the ids of Hugging Face tokenizers 0.23. The
 * padding and truncation that the file may carry are not applied: `maxLength` is the caller's, and
 * batches are padded when they are made. Half of a surrogate pair is read as U+FFFD.
 *
 * @param where names the file in errors
 * @throws TypeError if it is not a tokenizer's definition
 */
export function textTokenizer(json: unknown, where = "tokenizer.json"): TextTokenizer {
  const definition = parse(tokenizerSchema, json, where);
  const { sections, words, model, template } = build(definition, where);
  const idsOf = (text: string): number[] =>
    sections(text.replace(/\p{Surrogate}/gu, "\ufffd")).flatMap((section) => {
      if ("id" in section) return [section.id];
      return words(section.text, section.at === 0).flatMap((word) => model.ids(word));
    });
  return {
    encode(text, textPair, { maxLength }) {
      const pair = textPair !== undefined;
      const parts = pair ? template.pair : template.single;
      const room = maxLength - addedCount(parts);
      if (room < (pair ? 2 : 1)) {
        throw new RangeError(
          `tokenizer: maxLength must leave room for a token of each text beside ${maxLength - room} special ones, got ${maxLength}`,
        );
      }
      const all1 = idsOf(text);
      const all2 = pair ? idsOf(textPair) : [];
      const [kept1, kept2] = longestFirst(all1.length, all2.length, room);
      const all = [...all1, ...all2];
      return {
        ...fill(parts, { A: all1.slice(0, kept1), B: all2.slice(0, kept2) }),
        truncated: kept1 + kept2 < all.length,
        empty: all1.length === 0 || (pair && all2.length === 0),
        unknown: all.length > 0 && all.every((id) => id === model.unknownId),
      };
    },
  };
}

function build(definition: z.infer<typeof tokenizerSchema>, where: string) {
  try {
    const normalize = normalizer(definition.normalizer);
    return {
      sections: addedTokenSplitter(definition.added_tokens, normalize),
      words: preTokenizer(definition.pre_tokenizer),
      model: wordModel(definition.model),
      template: postProcessor(definition.post_processor),
    };
  } catch (cause) {
    // What is thrown by this package, zod and the library is an Error.
    throw new TypeError(`${where}: no tokenizer can be made of it (${(cause as Error).message})`, {
      cause,
    });
  }
}

/**
 * How many tokens of each text to keep so that there are at most `room`: the longer gives first.
 *
 * Source: Hugging Face tokenizers 0.23, `utils/truncation.rs`, `LongestFirst`.
 */
export function longestFirst(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const [short, long] = first <= second ? [first, second] : [second, first];
  let keptShort = short;
  let keptLong = Math.min(long, room - short);
  if (keptLong < keptShort) {
    keptShort = Math.floor(room / 2);
    keptLong = room - keptShort;
  }
  return first <= second ? [keptShort, keptLong] : [keptLong, keptShort];
}
