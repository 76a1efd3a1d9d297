import { parse } from "@sweetspot/artifact";
import type { EncoderConfig } from "@sweetspot/model";
import { z } from "zod";
import { knowsTypes } from "./whole-graph.ts";

/** The usual names of special tokens; the first that the vocabulary has is used. */
const names: Readonly<Record<string, readonly string[]>> = {
  bos_token: ["<s>"],
  eos_token: ["</s>"],
  cls_token: ["[CLS]", "<s>"],
  sep_token: ["[SEP]", "</s>"],
  pad_token: ["[PAD]", "<pad>"],
  unk_token: ["[UNK]", "<unk>"],
  mask_token: ["[MASK]", "<mask>"],
};

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })),
  model: z.looseObject({
    type: z.string().optional(),
    // Unigram has a list of tokens with their scores.
    vocab: z.union([z.record(z.string(), z.int()), z.array(z.tuple([z.string(), z.number()]))]),
  }),
  normalizer: z.looseObject({ type: z.string() }).nullish(),
});

/** The tokenizer files that Hugging Face's libraries need besides `tokenizer.json`. */
export interface TokenizerFiles {
  /** `tokenizer_config.json` */
  config: Record<string, unknown>;
  /** `special_tokens_map.json`: role -> token */
  specialTokens: Record<string, string>;
  /** The id of the padding token. */
  padTokenId: number;
}

/**
 * The tokenizer files that Hugging Face's libraries need besides `tokenizer.json`.
 *
 * A BERT with BERT's own tokenizer gets its class, because transformers.js chooses the token types of a
 * pair by the class. Any other gets the class that follows `tokenizer.json`.
 *
 * @param tokenizer the content of `tokenizer.json`
 * @param maxLength tokens, special tokens included
 * @throws TypeError if it is not a tokenizer's definition; RangeError if it has no token for padding
 */
export function tokenizerFiles(
  tokenizer: unknown,
  encoder: EncoderConfig,
  maxLength: number,
): TokenizerFiles {
  const { added_tokens: added, model, normalizer } = parse(schema, tokenizer, "tokenizer.json");
  const { vocab } = model;
  const known = new Map([
    ...(Array.isArray(vocab)
      ? vocab.map(([token], id): [string, number] => [token, id])
      : Object.entries(vocab)),
    ...added.map(({ content, id }): [string, number] => [content, id]),
  ]);
  const specialTokens: Record<string, string> = {};
  for (const [role, candidates] of Object.entries(names)) {
    const found = candidates.find((token) => known.has(token));
    if (found !== undefined) specialTokens[role] = found;
  }
  const pad = specialTokens["pad_token"];
  const padTokenId = pad === undefined ? undefined : known.get(pad);
  if (padTokenId === undefined) {
    throw new RangeError(
      `tokenizer.json: expected a token for padding (${names["pad_token"]?.join(" or ")}) among its tokens, got none`,
    );
  }
  const asBert =
    encoder.modelType === "bert" &&
    model.type === "WordPiece" &&
    normalizer?.type === "BertNormalizer";
  const config = {
    tokenizer_class: asBert ? "BertTokenizer" : "PreTrainedTokenizerFast",
    // Python builds BERT's tokenizer from these keys.
    ...(asBert && {
      do_lower_case: normalizer["lowercase"] ?? true,
      strip_accents: normalizer["strip_accents"] ?? null,
      tokenize_chinese_chars: normalizer["handle_chinese_chars"] ?? true,
    }),
    model_max_length: maxLength,
    model_input_names: [
      "input_ids",
      ...(knowsTypes(encoder) ? ["token_type_ids"] : []),
      "attention_mask",
    ],
    padding_side: "right",
    truncation_side: "right",
    clean_up_tokenization_spaces: false,
    ...specialTokens,
  };
  return { config, specialTokens, padTokenId };
}
