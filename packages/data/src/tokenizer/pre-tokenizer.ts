import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import { characterClass, whiteSpace, wordCharacter } from "./character-class.ts";
import { libraryPart, libraryPattern, patternSchema } from "./library-parts.ts";
import { letter, number, punctuation } from "./unicode-tables.ts";

const behaviorSchema = z
  .enum(["Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext"])
  .default("Isolated");
type Behavior = z.infer<typeof behaviorSchema>;

const preTokenizerSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("Sequence"), pretokenizers: z.array(z.unknown()) }),
  z.looseObject({ type: z.literal("BertPreTokenizer") }),
  z.looseObject({
    type: z.literal("ByteLevel"),
    add_prefix_space: z.boolean().default(true),
    use_regex: z.boolean().default(true),
  }),
  z.looseObject({ type: z.literal("Whitespace") }),
  z.looseObject({ type: z.literal("WhitespaceSplit") }),
  z.looseObject({
    type: z.literal("Metaspace"),
    replacement: z.string().default("▁"),
    add_prefix_space: z.boolean().nullish(),
    prepend_scheme: z.enum(["always", "first", "never"]).nullish(),
    split: z.boolean().nullish(),
  }),
  z.looseObject({ type: z.literal("Punctuation"), behavior: behaviorSchema }),
  z.looseObject({ type: z.literal("Digits"), individual_digits: z.boolean().default(false) }),
  z.looseObject({
    type: z.literal("Split"),
    pattern: patternSchema,
    behavior: behaviorSchema,
    invert: z.boolean().default(false),
  }),
]);

const ours = new Set<unknown>(preTokenizerSchema.options.map(({ shape }) => shape.type.value));

/** Text to words; `first` if it stands at the beginning of what is encoded. */
export type PreTokenizer = (text: string, first: boolean) => string[];

/**
 * How a `tokenizer.json`'s `pre_tokenizer` splits a text; of a type that is not known here, how
 * `@huggingface/tokenizers` 0.2 splits it.
 *
 * @throws Error if it is none that is known, or lacks what it needs
 * Source: Hugging Face tokenizers 0.23, `pre_tokenizers/`.
 */
export function preTokenizer(config: unknown): PreTokenizer {
  if (config === null || config === undefined) return (text) => [text];
  const { type } = parse(z.looseObject({ type: z.string() }), config, "pre_tokenizer");
  if (ours.has(type)) return own(parse(preTokenizerSchema, config, "pre_tokenizer"));
  const theirs = libraryPart("pre_tokenizer", config);
  return (text, first) => theirs.pre_tokenize_text(text, { section_index: first ? 0 : 1 });
}

function own(config: z.infer<typeof preTokenizerSchema>): PreTokenizer {
  switch (config.type) {
    case "Sequence": {
      const steps = config.pretokenizers.map((step) => preTokenizer(step));
      return (text, first) =>
        steps.reduce(
          (words, step) =>
            words.flatMap((word, i) => step(word, first && i === 0 && text.startsWith(word))),
          [text],
        );
    }
    case "BertPreTokenizer":
      return (text) => text.match(bertWords) ?? [];
    case "ByteLevel":
      return byteLevel(config.add_prefix_space, config.use_regex);
    case "Whitespace":
      return (text) => text.match(wordsOrNone) ?? [];
    case "WhitespaceSplit":
      return (text) => text.match(notBlank) ?? [];
    case "Metaspace":
      return metaspace(config);
    case "Punctuation":
      return (text) => splitAt(text, punctuationMark, config.behavior);
    case "Digits": {
      const behavior = config.individual_digits ? "Isolated" : "Contiguous";
      return (text) => splitAt(text, /\p{N}/gu, behavior);
    }
    case "Split": {
      const pattern = libraryPattern(config.pattern);
      return (text) => splitAt(text, pattern, config.behavior, config.invert);
    }
  }
}

const mark = characterClass(punctuation);
const letters = characterClass(letter);
const numbers = characterClass(number);
const bertWords = new RegExp(`[^${whiteSpace}${mark}]+|[${mark}]`, "gu");
const punctuationMark = new RegExp(`[${mark}]`, "gu");
const notBlank = new RegExp(`[^${whiteSpace}]+`, "gu");
const wordsOrNone = new RegExp(`[${wordCharacter}]+|[^${wordCharacter}${whiteSpace}]+`, "gu");
const byteLevelWords = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?[${letters}]+| ?[${numbers}]+| ?[^${whiteSpace}${letters}${numbers}]+|[${whiteSpace}]+(?![^${whiteSpace}])|[${whiteSpace}]+`,
  "gu",
);

/** The 256 bytes as characters that can be seen. Source: GPT-2's `bytes_to_unicode`. */
const byteCharacters: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const seen = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(seen ? byte : next++);
  });
})();

function byteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  const encoder = new TextEncoder();
  return (text) => {
    const prefixed = addPrefixSpace && !text.startsWith(" ") ? ` ${text}` : text;
    const words = useRegex ? (prefixed.match(byteLevelWords) ?? []) : [prefixed];
    return words.map((word) =>
      Array.from(encoder.encode(word), (byte) => byteCharacters[byte]).join(""),
    );
  };
}

function metaspace(config: {
  replacement: string;
  add_prefix_space?: boolean | null | undefined;
  prepend_scheme?: "always" | "first" | "never" | null | undefined;
  split?: boolean | null | undefined;
}): PreTokenizer {
  const { replacement } = config;
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? "never" : "always");
  return (text, first) => {
    let replaced = text.replaceAll(" ", () => replacement);
    const prepended = scheme === "always" || (scheme === "first" && first);
    if (prepended && !replaced.startsWith(replacement)) replaced = replacement + replaced;
    if (config.split === false) return [replaced];
    const [before = "", ...after] = replaced.split(replacement);
    const words = after.map((word) => replacement + word);
    return before === "" ? words : [before, ...words];
  };
}

/**
 * Splits a text at what `pattern` matches; `invert` takes what it does not match.
 *
 * Source: Hugging Face tokenizers 0.23, `NormalizedString::split`.
 */
function splitAt(text: string, pattern: RegExp, behavior: Behavior, invert = false): string[] {
  const parts: { part: string; split: boolean }[] = [];
  let last = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (index > last) parts.push({ part: text.slice(last, index), split: invert });
    if (match !== "") parts.push({ part: match, split: !invert });
    last = index + match.length;
  }
  if (last < text.length) parts.push({ part: text.slice(last), split: invert });
  if (behavior === "Removed") return parts.flatMap(({ part, split }) => (split ? [] : [part]));
  const joins = {
    Isolated: () => false,
    Contiguous: (a: boolean, b: boolean) => a === b,
    MergedWithPrevious: (a: boolean, b: boolean) => b && !a,
    MergedWithNext: (a: boolean, b: boolean) => a && !b,
  }[behavior];
  const out: string[] = [];
  parts.forEach(({ part, split }, i) => {
    const before = parts[i - 1];
    if (before !== undefined && joins(before.split, split)) out.push((out.pop() ?? "") + part);
    else out.push(part);
  });
  return out;
}
