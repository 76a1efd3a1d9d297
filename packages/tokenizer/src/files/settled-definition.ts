import { parse } from "@sweetspot/artifact/parse";
import { z } from "zod";
import { postProcessor } from "../post-processor.ts";
import {
  bertNormalizer as madeNormalizer,
  clsSep,
  fairseqTemplate,
  robertaProcessing,
  specialDefaults,
  type TokenizerDefinition,
} from "./tokenizer-definition.ts";
import { type AddedToken, addedTokenSchema } from "../added-tokens.ts";
import {
  type Flag,
  type SpecialTokens,
  specialTokens,
  type TokenizerSettings,
} from "./tokenizer-settings.ts";
import {
  parseScoredPieces,
  parseVocabulary,
  shown,
  type Vocabulary,
} from "../models/vocabulary.ts";

/** The names of the files in errors. */
export interface Places {
  /** `tokenizer.json` */
  own: string;
  /** `tokenizer_config.json` */
  config: string;
}

/**
 * Combines a `tokenizer.json` with the settings beside it, as transformers 5.24's AutoTokenizer does. A
 * known class builds its normaliser, special tokens and template from the settings, and takes only the
 * vocabulary from `tokenizer.json`. With the generic class (PreTrainedTokenizerFast), `tokenizer.json` is
 * used as it is. In both cases tokens that only the settings name are added.
 *
 * Two things differ. If the settings omit something that `tokenizer.json` defines, and the class would
 * silently use another default, that is an error. And DeBERTa's pairs and normalisers are those of the
 * models' training (see `tokenizer-definition.ts`).
 *
 * @throws Error that names both files and both fields if they disagree and nothing decides between them,
 *   and if there is no special token before a text, since exits read the first token
 * Source: Hugging Face transformers 5.24, `tokenization_auto.py`, `tokenization_utils_tokenizers.py`
 *   and the tokenizers' own files.
 */
export function settledDefinition(
  own: TokenizerDefinition,
  settings: TokenizerSettings,
  places: Places,
): TokenizerDefinition {
  const { tokenizerClass: name, classFrom } = settings;
  const settle = name !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
  const model = vocabularyOf(own, places.own);
  if (settle !== undefined && settle.model !== modelType(own)) {
    throw new TypeError(
      `${places.own}: model.type: expected ${settle.model}, as ${classFrom} says, got ${modelType(own)}; ${remedy}`,
    );
  }
  if (settle !== undefined) {
    const special = specialTokens(settings, model, settle.defaults, places.own);
    const parts = settle.parts(own, special, settings, places);
    return { ...own, ...parts, added_tokens: special.added.toSorted((a, b) => a.id - b.id) };
  }
  const [first] = postProcessor(own["post_processor"], `${places.own}: post_processor`).single;
  if (first === undefined || !("ids" in first)) {
    throw new TypeError(
      `${places.own}: post_processor: expected a special token before a text, got none, and ${classFrom} does not say which; set tokenizer_class in tokenizer_config.json to one of ${Object.keys(known).join(", ")}`,
    );
  }
  if (name !== undefined && !ofNoKind.has(name)) checkFlags(own, settings, places);
  const there = addedOf(own, places.own);
  const all = new Map([...model, ...there.map(({ content, id }) => [content, id] as const)]);
  const { added } = specialTokens(settings, all, {}, places.own);
  const contents = new Set(there.map(({ content }) => content));
  return { ...own, added_tokens: [...there, ...added.filter((t) => !contents.has(t.content))] };
}

const remedy =
  "set tokenizer_class in tokenizer_config.json to PreTrainedTokenizerFast to read tokenizer.json as it stands";

/** Classes that use `tokenizer.json` as it is. */
const ofNoKind: ReadonlySet<string> = new Set([
  "PreTrainedTokenizer",
  "TokenizersBackend",
  "PythonBackend",
]);

interface Kind {
  model: "WordPiece" | "BPE" | "Unigram";
  defaults: Parameters<typeof specialTokens>[2];
  /** What of `tokenizer.json` is another. */
  parts(
    own: TokenizerDefinition,
    special: SpecialTokens,
    settings: TokenizerSettings,
    places: Places,
  ): TokenizerDefinition;
}

const known: Readonly<Record<string, Kind>> = {
  BertTokenizer: {
    model: "WordPiece",
    defaults: specialDefaults.bert,
    parts: (own, special, settings, places) => ({
      normalizer: bertNormalizer(own, settings, places),
      post_processor: clsSep(special),
    }),
  },
  RobertaTokenizer: {
    model: "BPE",
    defaults: specialDefaults.fairseq,
    parts: (own, special, settings, places) => ({
      pre_tokenizer: byteLevel(own, settings, places),
      post_processor: robertaProcessing(special),
    }),
  },
  DebertaTokenizer: {
    model: "BPE",
    defaults: specialDefaults.deberta,
    parts: (own, special, settings, places) => ({
      pre_tokenizer: byteLevel(own, settings, places),
      post_processor: clsSep(special),
    }),
  },
  DebertaV2Tokenizer: {
    model: "Unigram",
    defaults: specialDefaults.deberta,
    parts: (own, special, settings, places) => ({
      normalizer: lowercasing(own, settings, places),
      pre_tokenizer: metaspace(own, settings, "first", places),
      post_processor: clsSep(special),
    }),
  },
  XLMRobertaTokenizer: {
    model: "Unigram",
    defaults: specialDefaults.fairseq,
    parts: (own, special, settings, places) => ({
      pre_tokenizer: metaspace(own, settings, "never", places),
      post_processor: fairseqTemplate(special),
    }),
  },
};

const bertSchema = z.looseObject({
  type: z.literal("BertNormalizer"),
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().default(true),
});

function bertNormalizer(own: TokenizerDefinition, settings: TokenizerSettings, places: Places) {
  const parsed = bertSchema.safeParse(own["normalizer"]);
  if (
    !parsed.success ||
    !parsed.data.clean_text ||
    typeOf(own["pre_tokenizer"]) !== "BertPreTokenizer"
  ) {
    const got = `${typeOf(own["normalizer"])} and ${typeOf(own["pre_tokenizer"])}`;
    throw new TypeError(
      `${places.own}: normalizer and pre_tokenizer: expected BertNormalizer with clean_text and BertPreTokenizer, as ${settings.classFrom} says, got ${got}; ${remedy}`,
    );
  }
  const made = madeNormalizer(settings);
  const { lowercase } = made;
  const given = parsed.data;
  const strips = given.strip_accents ?? given.lowercase;
  const silent = disagreement(places, settings);
  silent("do_lower_case", "normalizer.lowercase", given.lowercase, lowercase);
  // By default it follows the case setting.
  if (given.lowercase === lowercase) {
    silent("strip_accents", "normalizer.strip_accents", strips, made.strip_accents ?? lowercase);
  }
  silent(
    "tokenize_chinese_chars",
    "normalizer.handle_chinese_chars",
    given.handle_chinese_chars,
    made.handle_chinese_chars,
  );
  return made;
}

/** @throws TypeError if `tokenizer.json` differs from the default that a class uses without a setting */
function disagreement(places: Places, { config, classFrom }: TokenizerSettings) {
  return (flag: Flag, field: string, own: boolean, taken: boolean): void => {
    if (own === taken || config[flag] != null) return;
    throw new TypeError(
      `${places.own}: ${field} comes to ${own}, and ${places.config} has no ${flag}, for which ${classFrom} takes ${taken}; set ${flag} there to what the model was trained with`,
    );
  };
}

const byteLevelSchema = z.looseObject({
  type: z.literal("ByteLevel"),
  add_prefix_space: z.boolean().default(true),
  use_regex: z.boolean().default(true),
});

function byteLevel(own: TokenizerDefinition, settings: TokenizerSettings, places: Places) {
  const parsed = byteLevelSchema.safeParse(own["pre_tokenizer"]);
  if (!parsed.success || !parsed.data.use_regex || own["normalizer"] != null) {
    const got = `${typeOf(own["normalizer"])} and ${typeOf(own["pre_tokenizer"])}`;
    throw new TypeError(
      `${places.own}: normalizer and pre_tokenizer: expected none and ByteLevel with use_regex, as ${settings.classFrom} says, got ${got}; ${remedy}`,
    );
  }
  const prefix = settings.config.add_prefix_space ?? false;
  const given = parsed.data.add_prefix_space;
  disagreement(places, settings)(
    "add_prefix_space",
    "pre_tokenizer.add_prefix_space",
    given,
    prefix,
  );
  return { ...parsed.data, add_prefix_space: prefix };
}

const stepSchema = z.looseObject({ type: z.string() });
type Step = z.infer<typeof stepSchema>;

/** The steps of a part, which may be a sequence. */
function stepsOf(own: TokenizerDefinition, part: string, list: string, where: string): Step[] {
  const config = own[part];
  if (config === null || config === undefined) return [];
  const outer = parse(stepSchema, config, `${where}: ${part}`);
  return outer.type === "Sequence"
    ? parse(z.array(stepSchema), outer[list], `${where}: ${part}.${list}`)
    : [outer];
}

/** The normaliser of `DebertaV2Tokenizer`. */
const composing: readonly Step[] = [
  { type: "Replace", pattern: { Regex: String.raw`\s{2,}|[\n\r\t]` }, content: " " },
  { type: "NFC" },
  { type: "Strip", strip_left: false, strip_right: true },
];

function lowercasing(own: TokenizerDefinition, settings: TokenizerSettings, places: Places) {
  const steps = stepsOf(own, "normalizer", "normalizers", places.own);
  const lower = settings.config.do_lower_case ?? false;
  const has = steps.some(({ type }) => type === "Lowercase");
  disagreement(places, settings)("do_lower_case", "normalizer.normalizers", has, lower);
  if (has === lower && steps.length > 0) return own["normalizer"];
  // Without one, it is the class's.
  const rest = steps.length > 0 ? steps.filter(({ type }) => type !== "Lowercase") : composing;
  const normalizers = lower ? [{ type: "Lowercase" }, ...rest] : rest;
  return { type: "Sequence", normalizers };
}

/** @param without the scheme of `add_prefix_space: false` */
function metaspace(
  own: TokenizerDefinition,
  settings: TokenizerSettings,
  without: "first" | "never",
  places: Places,
) {
  const steps = stepsOf(own, "pre_tokenizer", "pretokenizers", places.own);
  const { config } = settings;
  if (!steps.some(({ type }) => type === "Metaspace")) {
    throw new TypeError(
      `${places.own}: pre_tokenizer: expected Metaspace, as ${settings.classFrom} says, got ${typeOf(own["pre_tokenizer"])}; ${remedy}`,
    );
  }
  const silent = disagreement(places, settings);
  const has = steps.some(({ type }) => type === "Punctuation");
  const isDeberta = without === "first";
  const split = isDeberta ? (config.split_by_punct ?? false) : has;
  silent("split_by_punct", "pre_tokenizer.pretokenizers", has, split);
  const made = steps
    .filter(({ type }) => split || type !== "Punctuation")
    .map((step) => {
      if (step.type !== "Metaspace") return step;
      const scheme =
        step["prepend_scheme"] ?? (step["add_prefix_space"] === false ? "never" : "always");
      const prefix = config.add_prefix_space ?? true;
      silent("add_prefix_space", "pre_tokenizer: Metaspace", scheme === "always", prefix);
      return { ...step, add_prefix_space: prefix, prepend_scheme: prefix ? "always" : without };
    });
  const pretokenizers =
    split && !has ? [{ type: "Punctuation", behavior: "Isolated" }, ...made] : made;
  return { type: "Sequence", pretokenizers };
}

/** For an unknown class: checks that the settings agree with `tokenizer.json`. */
function checkFlags(own: TokenizerDefinition, settings: TokenizerSettings, places: Places): void {
  const { config, classFrom } = settings;
  const bert = stepsOf(own, "normalizer", "normalizers", places.own).find(
    ({ type }) => type === "BertNormalizer",
  );
  const byte = stepsOf(own, "pre_tokenizer", "pretokenizers", places.own).find(
    ({ type }) => type === "ByteLevel",
  );
  const lowercase = bert?.["lowercase"] ?? true;
  const fields: [Flag, string, unknown][] = [
    ["do_lower_case", "normalizer.lowercase", bert && lowercase],
    ["strip_accents", "normalizer.strip_accents", bert && (bert["strip_accents"] ?? lowercase)],
    [
      "tokenize_chinese_chars",
      "normalizer.handle_chinese_chars",
      bert && (bert["handle_chinese_chars"] ?? true),
    ],
    [
      "add_prefix_space",
      "pre_tokenizer.add_prefix_space",
      byte && (byte["add_prefix_space"] ?? true),
    ],
  ];
  for (const [flag, field, value] of fields) {
    const set = config[flag];
    if (set == null || value === undefined || set === value) continue;
    throw new TypeError(
      `${places.own}: ${field} comes to ${shown(value)}, ${flag} in ${places.config} is ${set}, and ${classFrom} is not known here; make them agree`,
    );
  }
}

/** The added tokens of a `tokenizer.json`. @throws TypeError that names the file */
export function addedOf(own: TokenizerDefinition, where: string): AddedToken[] {
  return parse(z.array(addedTokenSchema), own["added_tokens"] ?? [], `${where}: added_tokens`);
}

function vocabularyOf(own: TokenizerDefinition, where: string): Vocabulary {
  const { vocab } = modelOf(own, where);
  const at = `${where}: model.vocab`;
  if (!Array.isArray(vocab)) return parseVocabulary(vocab, at);
  return new Map(parseScoredPieces(vocab, at).map(([piece], id) => [piece, id]));
}

function modelOf(own: TokenizerDefinition, where: string) {
  return parse(z.looseObject({ model: z.looseObject({}) }), own, where).model as Record<
    string,
    unknown
  >;
}

function modelType(own: TokenizerDefinition): string {
  const model = own["model"] as Record<string, unknown>;
  if (typeof model["type"] === "string") return model["type"];
  if (Array.isArray(model["vocab"])) return "Unigram";
  return "merges" in model ? "BPE" : "WordPiece";
}

function typeOf(part: unknown): string {
  const parsed = stepSchema.safeParse(part);
  return parsed.success ? parsed.data.type : "none";
}
