import { parse } from "@sweetspot/artifact/parse";
import { z } from "zod";
import { addedTokenSchema, addedTokenSplitter } from "./added-tokens.ts";
import { type IdReader, idReader } from "./id-reader.ts";
import { normalizer } from "./normalizer.ts";
import { addedCount, fill, postProcessor } from "./post-processor.ts";
import { preTokenizer } from "./pre-tokenizer.ts";
import { wordModel } from "./models/word-model.ts";

/** One tokenised example. */
export interface EncodedText {
  /** `[T]`, special tokens included. */
  inputIds: number[];
  /** `[T]`: 0 for the first text, 1 for the second. */
  tokenTypeIds: number[];
  /** Whether tokens were cut to fit `maxLength`. */
  truncated: boolean;
  /** Whether a text has no tokens: it is empty, white space, or dropped by the tokenizer. */
  empty: boolean;
  /** Whether there are tokens, but all are unknown to the vocabulary. */
  unknown: boolean;
}

/** Text to token ids. */
export interface TextTokenizer {
  /**
   * Encodes a text or a pair of texts, with special tokens.
   *
   * @param options.maxLength the most tokens, special ones included; a pair is cut `longest_first`, as in Hugging Face's library
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
 * Makes a tokenizer from the content of a `tokenizer.json`; it gives the ids of Hugging Face tokenizers
 * 0.23. Padding and truncation in the file are ignored: the caller sets `maxLength`, and batches are
 * padded when they are made. Half of a surrogate pair is read as U+FFFD.
 *
 * Takes time linear in the text (n log n in a word of BPE), and looks up no more words than `maxLength`
 * needs.
 *
 * @param where names the file in errors
 * @throws TypeError if it does not define a tokenizer
 */
export function textTokenizer(json: unknown, where = "tokenizer.json"): TextTokenizer {
  const definition = parse(tokenizerSchema, json, where);
  const { sections, words, model, template } = build(definition, where);
  function* wordsOf(text: string): Generator<readonly number[]> {
    for (const section of sections(text.replace(/\p{Surrogate}/gu, "\ufffd"))) {
      if ("id" in section) yield [section.id];
      else for (const word of words(section.text, section.at === 0)) yield model.ids(word);
    }
  }
  const { single, pair: double } = template;
  return {
    encode(text, textPair, { maxLength }) {
      const pair = textPair !== undefined;
      const parts = pair ? double : single;
      const room = maxLength - addedCount(parts);
      if (room < (pair ? 2 : 1)) {
        throw new RangeError(
          `tokenizer: maxLength must leave room for a token of each text beside ${maxLength - room} special ones, got ${maxLength}`,
        );
      }
      try {
        const first = idReader(wordsOf(text));
        const second = idReader(pair ? wordsOf(textPair) : []);
        const [kept1, kept2] = toKeep(first, second, room);
        const isKnown = (id: number): boolean => id !== model.unknownId;
        return {
          ...fill(parts, { A: first.ids.slice(0, kept1), B: second.ids.slice(0, kept2) }),
          truncated: first.has(kept1 + 1) || second.has(kept2 + 1),
          empty: !first.has(1) || (pair && !second.has(1)),
          unknown: (first.has(1) || second.has(1)) && !first.some(isKnown) && !second.some(isKnown),
        };
      } catch (cause) {
        // This package only throws Errors.
        throw new RangeError(`${where}: ${(cause as Error).message}`, { cause });
      }
    },
  };
}

/** How many ids of each text to keep; reads no further than needed. */
function toKeep(first: IdReader, second: IdReader, room: number): [number, number] {
  first.has(room + 1);
  second.has(room + 1);
  // Which of two texts is the longer decides who gets the odd token.
  if (room % 2 === 1) for (let n = room + 2; first.has(n) && second.has(n); n++);
  return longestFirst(first.ids.length, second.ids.length, room);
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
    // This package and zod only throw Errors.
    throw new TypeError(`${where}: cannot be read as a tokenizer (${(cause as Error).message})`, {
      cause,
    });
  }
}

/**
 * How many tokens of each text to keep so that there are at most `room`: the longer text is cut first.
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
