import type { SentencePieceModel } from "./sentencepiece-model.ts";
import {
  type Purpose,
  type SpecialTokens,
  specialTokens,
  type TokenizerSettings,
} from "./tokenizer-settings.ts";
import type { Vocabulary } from "../models/vocabulary.ts";

/** The content of a `tokenizer.json`. */
export type TokenizerDefinition = Record<string, unknown>;

const fairseq = {
  bos: "<s>",
  eos: "</s>",
  unk: "<unk>",
  sep: "</s>",
  pad: "<pad>",
  cls: "<s>",
  mask: "<mask>",
};

const bert = { unk: "[UNK]", sep: "[SEP]", pad: "[PAD]", cls: "[CLS]", mask: "[MASK]" };
const deberta = { bos: "[CLS]", eos: "[SEP]", ...bert };

/** The default special tokens of each kind. */
export const specialDefaults: Readonly<
  Record<"bert" | "fairseq" | "deberta", Readonly<Partial<Record<Purpose, string>>>>
> = { bert, fairseq, deberta };

/**
 * BERT's tokenizer: WordPiece.
 *
 * @param where names the vocabulary's file in errors
 * Source: Hugging Face transformers 5.24, `BertTokenizer`.
 */
export function bertDefinition(
  vocabulary: Vocabulary,
  settings: TokenizerSettings,
  where: string,
): TokenizerDefinition {
  const special = specialTokens(settings, vocabulary, bert, where);
  special.idOf("unk");
  return definition(special, {
    normalizer: bertNormalizer(settings),
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: clsSep(special),
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: special.tokens.unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
  });
}

/** The normaliser of `BertTokenizer`. */
export function bertNormalizer({ config }: TokenizerSettings): {
  type: "BertNormalizer";
  clean_text: true;
  handle_chinese_chars: boolean;
  strip_accents: boolean | null;
  lowercase: boolean;
} {
  return {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: config.tokenize_chinese_chars ?? true,
    strip_accents: config.strip_accents ?? null,
    lowercase: config.do_lower_case ?? true,
  };
}

/**
 * The tokenizers of RoBERTa and of the first DeBERTa: BPE of bytes.
 *
 * @param merges `LEFT RIGHT` each, in order
 * Source: Hugging Face transformers 5.24, `RobertaTokenizer`, `DebertaTokenizer`; DeBERTa's pairs as in
 *   `convert_slow_tokenizer.py` and in the model's training: one `[SEP]` between them.
 */
export function byteLevelDefinition(
  kind: "RobertaTokenizer" | "DebertaTokenizer",
  vocabulary: Vocabulary,
  merges: readonly string[],
  settings: TokenizerSettings,
  where: string,
): TokenizerDefinition {
  const isRoberta = kind === "RobertaTokenizer";
  const special = specialTokens(settings, vocabulary, isRoberta ? fairseq : deberta, where);
  const addPrefixSpace = settings.config.add_prefix_space ?? false;
  const byteLevel = { type: "ByteLevel", trim_offsets: true, use_regex: true };
  return definition(special, {
    normalizer: null,
    pre_tokenizer: { ...byteLevel, add_prefix_space: addPrefixSpace },
    post_processor: isRoberta ? robertaProcessing(special) : clsSep(special),
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary),
      merges,
    },
  });
}

/**
 * The tokenizer of DeBERTa's second and third versions: SentencePiece's Unigram.
 *
 * Source: Hugging Face transformers 5.24, `DebertaV2Tokenizer`; the normaliser, with the charsmap, as in
 *   `convert_slow_tokenizer.py` and in the models' training.
 */
export function debertaV2Definition(
  model: SentencePieceModel,
  settings: TokenizerSettings,
  where: string,
): TokenizerDefinition {
  const { pieces, unknownId } = model;
  const vocabulary = new Map(pieces.map(({ piece }, id) => [piece, id]));
  const special = specialTokens(settings, vocabulary, deberta, where, controlTokens(model));
  const { config } = settings;
  const replacement = metaspace(config.add_prefix_space === false ? "first" : "always");
  return definition(special, {
    normalizer: {
      type: "Sequence",
      normalizers: [
        ...(config.do_lower_case === true ? [{ type: "Lowercase" }] : []),
        { type: "Strip", strip_left: true, strip_right: true },
        ...charsmapOf(model),
        { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        ...(config.split_by_punct === true ? [{ type: "Punctuation", behavior: "Isolated" }] : []),
        replacement,
      ],
    },
    post_processor: clsSep(special),
    decoder: replacement,
    model: {
      type: "Unigram",
      unk_id: unknownId,
      vocab: pieces.map(({ piece, score }) => [piece, score]),
      byte_fallback: false,
    },
  });
}

/**
 * XLM-R's tokenizer: SentencePiece's Unigram with fairseq's ids: `<s> <pad> </s> <unk>` instead of the
 * model's first three pieces, and `<mask>` at the end.
 *
 * Source: Hugging Face transformers 5.24, `XLMRobertaTokenizer`.
 */
export function xlmRobertaDefinition(
  model: SentencePieceModel,
  settings: TokenizerSettings,
  where: string,
): TokenizerDefinition {
  const pieces = fairseqPieces(model, settings, where);
  const vocabulary = new Map(pieces.map(([piece], id) => [piece, id]));
  if (vocabulary.size < pieces.length) {
    throw new RangeError(
      `${where}: expected pieces other than ${Object.values(fairseq).join(" ")}, got one of them past the first three`,
    );
  }
  const special = specialTokens(settings, vocabulary, fairseq, where, controlTokens(model));
  const replacement = metaspace(settings.config.add_prefix_space === false ? "never" : "always");
  return definition(special, {
    normalizer: charsmapOf(model)[0] ?? null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "WhitespaceSplit" }, replacement],
    },
    post_processor: fairseqTemplate(special),
    decoder: replacement,
    model: { type: "Unigram", unk_id: 3, vocab: pieces, byte_fallback: false },
  });
}

function fairseqPieces(
  { pieces }: SentencePieceModel,
  { config }: TokenizerSettings,
  where: string,
): [piece: string, score: number][] {
  const first = pieces.slice(0, 3);
  if (!first.every(({ type }) => type === "unknown" || type === "control")) {
    const got = first.map(({ piece }) => piece).join(" ");
    throw new RangeError(`${where}: expected <unk> <s> </s> as its first three pieces, got ${got}`);
  }
  const special = (purpose: "bos" | "pad" | "eos" | "unk" | "mask"): [string, number] => {
    const given = config[`${purpose}_token`] ?? fairseq[purpose];
    return [typeof given === "string" ? given : given.content, 0];
  };
  return [
    special("bos"),
    special("pad"),
    special("eos"),
    special("unk"),
    ...pieces.slice(3).map(({ piece, score }): [string, number] => [piece, score]),
    special("mask"),
  ];
}

/** The pieces that are matched literally in a text: SentencePiece's special tokens, and others. */
function controlTokens({ pieces }: SentencePieceModel) {
  return pieces.flatMap(({ piece, type }) =>
    type === "control" || type === "userDefined"
      ? [{ content: piece, special: type === "control", normalized: false }]
      : [],
  );
}

function charsmapOf({ charsmap }: SentencePieceModel): Record<string, unknown>[] {
  if (charsmap.length === 0) return [];
  return [{ type: "Precompiled", precompiled_charsmap: base64(charsmap) }];
}

function metaspace(scheme: "always" | "first" | "never"): Record<string, unknown> {
  return { type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split: true };
}

function definition(special: SpecialTokens, parts: TokenizerDefinition): TokenizerDefinition {
  const added_tokens = special.added.toSorted((a, b) => a.id - b.id);
  return { version: "1.0", truncation: null, padding: null, added_tokens, ...parts };
}

/** RoBERTa's template: `<s> A </s>`, `<s> A </s> </s> B </s>`, all of type 0. */
export function robertaProcessing(special: SpecialTokens): Record<string, unknown> {
  return {
    type: "RobertaProcessing",
    sep: [special.tokens.sep, special.idOf("sep")],
    cls: [special.tokens.cls, special.idOf("cls")],
    trim_offsets: true,
    add_prefix_space: false,
  };
}

/** XLM-R's template: the same, with its own start and end tokens. */
export function fairseqTemplate(special: SpecialTokens): Record<string, unknown> {
  const single: Slot[] = [["bos"], ["A"], ["eos"]];
  return template(special, single, [...single, ["eos"], ["B"], ["eos"]]);
}

/** BERT's template: `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`, with type 1 from B on. */
export function clsSep(special: SpecialTokens): Record<string, unknown> {
  const single: Slot[] = [["cls"], ["A"], ["sep"]];
  return template(special, single, [...single, ["B", 1], ["sep", 1]]);
}

/** A text or a special token of a template, and its type. */
type Slot = [of: "A" | "B" | "cls" | "sep" | "bos" | "eos", type?: number];

function template(special: SpecialTokens, single: readonly Slot[], pair: readonly Slot[]) {
  const tokens: Record<string, unknown> = {};
  const part = ([of, type = 0]: Slot) => {
    if (of === "A" || of === "B") return { Sequence: { id: of, type_id: type } };
    const id = special.tokens[of];
    tokens[String(id)] = { id, ids: [special.idOf(of)], tokens: [id] };
    return { SpecialToken: { id, type_id: type } };
  };
  const parts = { single: single.map(part), pair: pair.map(part) };
  return { type: "TemplateProcessing", ...parts, special_tokens: tokens };
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}
