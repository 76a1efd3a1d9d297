import { parse } from "@sweetspot/artifact/parse";
import type { TokenizerFiles } from "./tokenizer-files.ts";
import { z } from "zod";
import type { AddedToken } from "../added-tokens.ts";
import { parseJson, textOf } from "../json-text.ts";
import { shown, type Vocabulary } from "../models/vocabulary.ts";

const optional = z.boolean().optional();
const tokenObjectSchema = z.looseObject({
  content: z.string(),
  lstrip: optional,
  rstrip: optional,
  single_word: optional,
  normalized: optional,
  special: optional,
});
const tokenSchema = z.union([z.string(), tokenObjectSchema]);

/** A token in settings: its text, or an object that also says how to find it. */
type GivenToken = string | TokenObject;

type TokenObject = Pick<AddedToken, "content"> & {
  [K in "lstrip" | "rstrip" | "single_word" | "normalized" | "special"]?: boolean | undefined;
};

/** The purposes of special tokens, in the order in which Hugging Face's library adds missing ones. */
const purposes = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const;
/** The purpose of a special token. */
export type Purpose = (typeof purposes)[number];
const knownKeys: ReadonlySet<string> = new Set(purposes.map((purpose) => `${purpose}_token`));

const name = tokenSchema.nullish();
const namesSchema = z.looseObject({
  bos_token: name,
  eos_token: name,
  unk_token: name,
  sep_token: name,
  pad_token: name,
  cls_token: name,
  mask_token: name,
  additional_special_tokens: z.array(tokenSchema).nullish(),
  extra_special_tokens: z
    .union([z.array(tokenSchema), z.record(z.string(), tokenSchema)])
    .nullish(),
});

const tokenizerConfigSchema = namesSchema.extend({
  tokenizer_class: z.string().nullish(),
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
  split_by_punct: z.boolean().nullish(),
  added_tokens_decoder: z.record(z.string(), tokenObjectSchema).optional(),
});

/** A setting that is on or off. */
export type Flag =
  | "do_lower_case"
  | "strip_accents"
  | "tokenize_chinese_chars"
  | "add_prefix_space"
  | "split_by_punct";

/** The content of a `tokenizer_config.json`. */
interface TokenizerConfig
  extends
    Partial<Readonly<Record<`${Purpose}_token`, GivenToken | null | undefined>>>,
    Partial<Readonly<Record<Flag, boolean | null | undefined>>> {
  extra_special_tokens?: GivenToken[] | Record<string, GivenToken> | null | undefined;
  additional_special_tokens?: GivenToken[] | null | undefined;
  tokenizer_class?: string | null | undefined;
  added_tokens_decoder?: Record<string, TokenObject> | undefined;
}

/** A repository's settings for its tokenizer. */
export interface TokenizerSettings {
  config: TokenizerConfig;
  /** Where `tokenizerClass` comes from, for errors. */
  classFrom: string;
  /** Hugging Face's name of the tokenizer, such as `BertTokenizer`; may be missing. */
  tokenizerClass: string | undefined;
  /** Tokens outside the vocabulary, by the ids that the repository gives them. */
  added: ReadonlyMap<number, TokenObject>;
}

const configSchema = z.looseObject({
  model_type: z.string().optional(),
  tokenizer_class: z.string().nullish(),
});

/** An encoder's `model_type` -> the name of its tokenizer. */
const classes: Readonly<Record<string, string>> = {
  bert: "BertTokenizer",
  distilbert: "BertTokenizer",
  electra: "BertTokenizer",
  roberta: "RobertaTokenizer",
  longformer: "RobertaTokenizer",
  "roberta-prelayernorm": "RobertaTokenizer",
  "data2vec-text": "RobertaTokenizer",
  deberta: "DebertaTokenizer",
  "deberta-v2": "DebertaV2Tokenizer",
  "xlm-roberta": "XLMRobertaTokenizer",
  "xlm-roberta-xl": "XLMRobertaTokenizer",
};

/** Other names of the same tokenizers. */
const sameClasses: Readonly<Record<string, string>> = {
  DistilBertTokenizer: "BertTokenizer",
  ElectraTokenizer: "BertTokenizer",
  MobileBertTokenizer: "BertTokenizer",
  ConvBertTokenizer: "BertTokenizer",
  SqueezeBertTokenizer: "BertTokenizer",
  LongformerTokenizer: "RobertaTokenizer",
};

/**
 * Reads `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json`, and `model_type` and
 * `tokenizer_class` of `config.json`, if present, as Hugging Face transformers 5.24 does. It ignores
 * `model_max_length`, because the maximum length is a setting of the pipeline.
 *
 * @param own the `added_tokens` of a `tokenizer.json` beside them, which count unless
 *   `tokenizer_config.json` has an `added_tokens_decoder`
 */
export async function readTokenizerSettings(
  repository: TokenizerFiles,
  own: readonly AddedToken[] = [],
): Promise<TokenizerSettings> {
  const files = await repository.files();
  const read = async <T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    if (!files.includes(file)) return undefined;
    return parse(schema, await readJson(repository, file), whereOf(repository, file));
  };
  let config: TokenizerConfig = (await read("tokenizer_config.json", tokenizerConfigSchema)) ?? {};
  const added = new Map<number, TokenObject>();
  if (config.added_tokens_decoder === undefined) {
    config = { ...config, ...(await read("special_tokens_map.json", namesSchema)) };
    const special = new Set([...named(config), ...extra(config)].map(contentOf));
    const ids = await read("added_tokens.json", z.record(z.string(), z.int().nonnegative()));
    for (const [content, id] of Object.entries(ids ?? {})) {
      added.set(id, { content, special: special.has(content) });
    }
    for (const { id, ...token } of own) added.set(id, token);
  }
  for (const [id, token] of Object.entries(config.added_tokens_decoder ?? {})) {
    added.set(Number(id), token);
  }
  const model = (await read("config.json", configSchema)) ?? {};
  return { config, added, ...classOf(config, model) };
}

function classOf(
  config: TokenizerConfig,
  model: z.infer<typeof configSchema>,
): Pick<TokenizerSettings, "tokenizerClass" | "classFrom"> {
  const { model_type: modelType } = model;
  const given = config.tokenizer_class ?? model.tokenizer_class;
  if (given != null) {
    const file = config.tokenizer_class == null ? "config.json" : "tokenizer_config.json";
    const name = given.replace(/Fast$/, "");
    const tokenizerClass = Object.hasOwn(sameClasses, name) ? sameClasses[name] : name;
    return { tokenizerClass, classFrom: `tokenizer_class ${given} of ${file}` };
  }
  const known = modelType !== undefined && Object.hasOwn(classes, modelType);
  const tokenizerClass = known ? classes[modelType] : modelType;
  return { tokenizerClass, classFrom: `model_type ${modelType ?? "(none)"} of config.json` };
}

/** The name of a repository's file in errors. */
export function whereOf(repository: TokenizerFiles, file: string): string {
  return `${repository.name}: ${file}`;
}

/** The settings files beside a vocabulary. */
export const settingsFiles: readonly string[] = [
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "config.json",
];

/** @throws Error that names the file if it cannot be read, or is not UTF-8 */
export async function readText(repository: TokenizerFiles, file: string): Promise<string> {
  return textOf(await repository.read(file), whereOf(repository, file));
}

/** @throws Error that names the file if it cannot be read, or is not JSON */
export async function readJson(repository: TokenizerFiles, file: string): Promise<unknown> {
  return parseJson(await readText(repository, file), whereOf(repository, file));
}

/** The special tokens of a tokenizer: their texts by purpose, and all tokens outside the vocabulary. */
export interface SpecialTokens {
  tokens: Readonly<Record<Purpose, string | undefined>>;
  added: AddedToken[];
  /** @throws Error if there is no token for this purpose, or the vocabulary lacks it */
  idOf(purpose: Purpose): number;
}

/**
 * The special tokens that a repository names, else `defaults`. Those that the vocabulary lacks get the
 * ids after its own, as in Hugging Face's library.
 *
 * @param leading tokens added before those that the settings name
 * @param where names the vocabulary's file in errors
 * @throws Error if a token's id differs from the one that the repository gives it
 */
export function specialTokens(
  settings: TokenizerSettings,
  vocabulary: Vocabulary,
  defaults: Readonly<Partial<Record<Purpose, string>>>,
  where: string,
  leading: readonly TokenObject[] = [],
): SpecialTokens {
  const { config } = settings;
  const byPurpose = purposes.map((purpose) => {
    const given = config[`${purpose}_token`];
    return [purpose, given === undefined ? defaults[purpose] : (given ?? undefined)] as const;
  });
  const ids = new Map<string, number>();
  const added: AddedToken[] = [];
  let next = vocabulary.size;
  const add = (token: GivenToken, isSpecial: boolean, expected?: number): void => {
    const given = typeof token === "string" ? { content: token } : token;
    const { content } = given;
    if (ids.has(content) || content === "") return;
    const id = vocabulary.get(content) ?? next++;
    if (expected !== undefined && expected !== id) {
      throw new RangeError(
        `${where}: expected ${shown(content)} at ${expected}, where the repository adds it, got ${id}`,
      );
    }
    ids.set(content, id);
    const special = isSpecial || given.special === true;
    added.push({
      id,
      content,
      single_word: given.single_word ?? false,
      lstrip: given.lstrip ?? false,
      rstrip: given.rstrip ?? false,
      normalized: given.normalized ?? !special,
      special,
    });
  };
  const special = new Set(byPurpose.flatMap(([, t]) => (t === undefined ? [] : [contentOf(t)])));
  for (const token of leading) add(token, special.has(token.content));
  for (const [id, token] of [...settings.added].sort(([a], [b]) => a - b)) {
    add(token, special.has(token.content), id);
  }
  for (const [, token] of byPurpose) if (token !== undefined) add(token, true);
  for (const token of extra(config)) add(token, true);
  const tokens = Object.fromEntries(
    byPurpose.map(([purpose, t]) => [purpose, t === undefined ? undefined : contentOf(t)]),
  ) as Record<Purpose, string | undefined>; // has every purpose
  return {
    tokens,
    added,
    idOf(purpose) {
      const token = tokens[purpose];
      const isAdded = [...settings.added.values()].some(({ content }) => content === token);
      const id = vocabulary.get(token ?? "") ?? (isAdded ? ids.get(token ?? "") : undefined);
      if (id !== undefined) return id;
      throw new RangeError(
        `${where}: expected the ${purpose}_token ${shown(token ?? null)} in the vocabulary, got ${vocabulary.size} tokens without it; is the file damaged, or its tokenizer_config.json missing?`,
      );
    },
  };
}

function contentOf(token: GivenToken): string {
  return typeof token === "string" ? token : token.content;
}

function named(config: TokenizerConfig): GivenToken[] {
  return purposes.flatMap((purpose) => config[`${purpose}_token`] ?? []);
}

function extra(config: TokenizerConfig): GivenToken[] {
  const { extra_special_tokens: tokens, additional_special_tokens: legacy } = config;
  const given = Array.isArray(tokens) ? tokens : Object.values(tokens ?? {});
  // A model may have other purposes: any other key with this ending whose value is a text.
  const purposeful = Object.entries(config).flatMap(([key, value]): GivenToken[] =>
    key.endsWith("_token") && !knownKeys.has(key) && typeof value === "string" ? [value] : [],
  );
  return [...purposeful, ...(given.length > 0 ? given : (legacy ?? []))];
}
