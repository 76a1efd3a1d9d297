import { Tokenizer } from "@huggingface/tokenizers";
import { parse } from "@sweetspot/artifact";
import { z } from "zod";

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
  model: z.looseObject({ type: z.string().optional(), unk_token: z.string().nullish() }),
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })),
});

/**
 * A tokenizer from the content of a `tokenizer.json`. The padding and truncation that the file may
 * carry are not applied: `maxLength` is the caller's, and batches are padded when they are made.
 *
 * @param where names the file in errors
 * @throws TypeError if it is not a tokenizer's definition
 */
export function textTokenizer(json: unknown, where = "tokenizer.json"): TextTokenizer {
  const definition = parse(tokenizerSchema, json, where);
  const tokenizer = build(definition, where);
  const { post_processor: postProcessor } = tokenizer;
  const addSpecial = (
    first: string[],
    second: string[] | null,
  ): { tokens: string[]; token_type_ids?: number[] } => {
    if (postProcessor !== null) return postProcessor(first, second, true);
    return { tokens: [...first, ...(second ?? [])] };
  };
  const specialTokens = [addSpecial([], null), addSpecial([], [])].map((p) => p.tokens.length);
  const unknown = definition.model.unk_token ?? undefined;
  const unknownId = unknown === undefined ? undefined : tokenizer.token_to_id(unknown);
  return {
    encode(text, textPair, { maxLength }) {
      const pair = textPair !== undefined;
      const room = maxLength - (specialTokens[pair ? 1 : 0] ?? 0);
      if (room < (pair ? 2 : 1)) {
        throw new RangeError(
          `tokenizer: maxLength must leave room for a token of each text beside ${maxLength - room} special ones, got ${maxLength}`,
        );
      }
      const all1 = tokenizer.tokenize(text);
      const all2 = pair ? tokenizer.tokenize(textPair) : [];
      const [kept1, kept2] = longestFirst(all1.length, all2.length, room);
      const first = all1.slice(0, kept1);
      const second = all2.slice(0, kept2);
      const { tokens, token_type_ids: types } = addSpecial(first, pair ? second : null);
      const inputIds = tokens.map((token) => tokenizer.token_to_id(token) ?? unknownId ?? 0);
      return {
        inputIds,
        tokenTypeIds: types ?? inputIds.map(() => 0),
        truncated: kept1 + kept2 < all1.length + all2.length,
        empty: all1.length === 0 || (pair && all2.length === 0),
        unknown: all1.length + all2.length > 0 && [...all1, ...all2].every((t) => t === unknown),
      };
    },
  };
}

function build(definition: object, where: string): Tokenizer {
  try {
    return new Tokenizer(definition, {});
  } catch (cause) {
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
