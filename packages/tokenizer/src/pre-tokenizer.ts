import { z } from "zod";
import { characterClass, whiteSpace, wordCharacter } from "./patterns/character-class.ts";
import { type Matches, patternMatches, patternSchema } from "./patterns/pattern.ts";
import { letter, number, punctuation } from "./patterns/unicode-tables.ts";
import { type Placed, stepsOf } from "./steps.ts";

const behaviorSchema = z
  .enum(["Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext"])
  .default("Isolated");
type Behavior = z.infer<typeof behaviorSchema>;

const oneCharacter = z.string().regex(/^.$/su, "must be one character");

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
  z.looseObject({ type: z.literal("CharDelimiterSplit"), delimiter: oneCharacter }),
  z.looseObject({ type: z.literal("FixedLength"), length: z.int().positive().default(5) }),
  z.looseObject({
    type: z.literal("Metaspace"),
    replacement: oneCharacter.default("▁"),
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

type Config = z.infer<typeof preTokenizerSchema>;

/** Splits a text into words, lazily; `first` if the text is at the start of what is encoded. */
export type PreTokenizer = (text: string, first: boolean) => Iterable<string>;

/**
 * Builds the `pre_tokenizer` of a `tokenizer.json`, which takes time linear in the text.
 *
 * @throws Error if it is unknown or incomplete
 * Source: Hugging Face tokenizers 0.23, `pre_tokenizers/`.
 */
export function preTokenizer(config: unknown): PreTokenizer {
  if (config === null || config === undefined) return (text) => (text === "" ? [] : [text]);
  const steps = stepsOf(preTokenizerSchema, config, "pre_tokenizer", "pretokenizers");
  // Each ByteLevel writes a character per byte, so several would make a text grow exponentially.
  if (steps.filter((step) => step.type === "ByteLevel").length > 1) {
    throw new TypeError("pre_tokenizer: expected at most one ByteLevel, got more");
  }
  const splits = steps.map((step) => split(step));
  return (text, first) => inOrder(splits, text, first);
}

function* inOrder(
  splits: readonly PreTokenizer[],
  text: string,
  first: boolean,
): Generator<string> {
  const [step, ...more] = splits;
  if (step === undefined) {
    yield text;
    return;
  }
  if (more.length === 0) {
    yield* step(text, first);
    return;
  }
  let leading = first;
  for (const word of step(text, first)) {
    yield* inOrder(more, word, leading && text.startsWith(word));
    leading = false;
  }
}

function split(config: Placed<Config>): PreTokenizer {
  switch (config.type) {
    case "BertPreTokenizer":
      return (text) => all(text, bertWords);
    case "ByteLevel":
      return byteLevel(config.add_prefix_space, config.use_regex);
    case "Whitespace":
      return (text) => all(text, wordsOrNone);
    case "WhitespaceSplit":
      return (text) => all(text, notBlank);
    case "CharDelimiterSplit": {
      const delimiter = patternMatches({ String: config.delimiter }, config.where);
      return (text) => splitAt(text, delimiter, "Removed");
    }
    case "FixedLength":
      return (text) => fixedLength(text, config.length);
    case "Metaspace":
      return metaspace(config);
    case "Punctuation":
      return (text) => splitAt(text, matchesOf(punctuationMark), config.behavior);
    case "Digits": {
      const behavior = config.individual_digits ? "Isolated" : "Contiguous";
      return (text) => splitAt(text, matchesOf(/\p{N}/gu), behavior);
    }
    case "Split": {
      const matches = patternMatches(config.pattern, `${config.where}.pattern`);
      return (text) => splitAt(text, matches, config.behavior, config.invert);
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

/** The 256 bytes as visible characters. Source: GPT-2's `bytes_to_unicode`. */
const byteCharacters: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const seen = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(seen ? byte : next++);
  });
})();

function* all(text: string, pattern: RegExp): Generator<string> {
  for (const { begin, end } of matchesOf(pattern)(text)) yield text.slice(begin, end);
}

/** The matches of a pattern with the flag `g` and without empty matches. */
function matchesOf(pattern: RegExp): Matches {
  return function* (text) {
    for (let at = 0; at < text.length;) {
      // Another text may be matched between two matches of this text.
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null) return;
      at = match.index + match[0].length;
      yield { begin: match.index, end: at };
    }
  };
}

function byteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  return function* (text) {
    const prefixed = addPrefixSpace && !text.startsWith(" ") ? ` ${text}` : text;
    for (const word of useRegex ? all(prefixed, byteLevelWords) : [prefixed]) {
      let bytes = "";
      for (let i = 0; i < word.length;) {
        const codePoint = word.codePointAt(i) ?? 0;
        i += codePoint > 0xffff ? 2 : 1;
        bytes += codePoint < 0x80 ? shown(codePoint) : bytesOf(codePoint);
      }
      yield bytes;
    }
  };
}

/** A code point above ASCII as the characters of its bytes in UTF-8. */
function bytesOf(codePoint: number): string {
  const last = shown(0x80 | (codePoint & 0x3f));
  if (codePoint < 0x800) return shown(0xc0 | (codePoint >> 6)) + last;
  const third = shown(0x80 | ((codePoint >> 6) & 0x3f)) + last;
  if (codePoint < 0x10000) return shown(0xe0 | (codePoint >> 12)) + third;
  return shown(0xf0 | (codePoint >> 18)) + shown(0x80 | ((codePoint >> 12) & 0x3f)) + third;
}

function shown(byte: number): string {
  return byteCharacters[byte] ?? "";
}

function* fixedLength(text: string, length: number): Generator<string> {
  for (let begin = 0; begin < text.length;) {
    let end = begin;
    for (let i = 0; i < length && end < text.length; i++) {
      end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
    }
    yield text.slice(begin, end);
    begin = end;
  }
}

function metaspace(config: Extract<Config, { type: "Metaspace" }>): PreTokenizer {
  const { replacement } = config;
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? "never" : "always");
  return function* (text, first) {
    let replaced = text.replaceAll(" ", () => replacement);
    const prepended = scheme === "always" || (scheme === "first" && first);
    if (prepended && !replaced.startsWith(replacement)) replaced = replacement + replaced;
    if (config.split === false) {
      yield replaced;
      return;
    }
    for (let begin = 0; begin < replaced.length;) {
      const next = replaced.indexOf(replacement, begin + replacement.length);
      const end = next === -1 ? replaced.length : next;
      yield replaced.slice(begin, end);
      begin = end;
    }
  };
}

/**
 * Splits a text at a pattern's matches; with `invert` at what is between them.
 *
 * Source: Hugging Face tokenizers 0.23, `NormalizedString::split`.
 */
function* splitAt(
  text: string,
  matches: Matches,
  behavior: Behavior,
  invert = false,
): Generator<string> {
  const joins = {
    Removed: () => false,
    Isolated: () => false,
    Contiguous: (a: boolean, b: boolean) => a === b,
    MergedWithPrevious: (a: boolean, b: boolean) => b && !a,
    MergedWithNext: (a: boolean, b: boolean) => a && !b,
  }[behavior];
  // Held back until it is known whether the next part joins it.
  let begin = 0;
  let end = 0;
  let last: boolean | undefined;
  for (const part of partsOf(text, matches, invert)) {
    if (last !== undefined && !joins(last, part.split)) {
      if (!(last && behavior === "Removed")) yield text.slice(begin, end);
      begin = end;
    }
    ({ end, split: last } = part);
  }
  if (last !== undefined && !(last && behavior === "Removed")) yield text.slice(begin, end);
}

/** Where the parts of a text end, and whether each is a separator; none is empty. */
function* partsOf(
  text: string,
  matches: Matches,
  invert: boolean,
): Generator<{ end: number; split: boolean }> {
  let last = 0;
  for (const { begin, end } of matches(text)) {
    if (begin > last) yield { end: begin, split: invert };
    if (end > begin) yield { end, split: !invert };
    last = end;
  }
  if (last < text.length) yield { end: text.length, split: invert };
}
