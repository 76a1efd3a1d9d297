import { z } from "zod";
import { characterClass, whiteSpace } from "./patterns/character-class.ts";
import { normalForm } from "./normal-form.ts";
import { type Matches, patternMatches, patternSchema } from "./patterns/pattern.ts";
import { precompiledCharsmap } from "./precompiled-charsmap.ts";
import { combiningMark, control, ideograph, nonspacingMark } from "./patterns/unicode-tables.ts";
import { type Placed, stepsOf } from "./steps.ts";

const normalizerSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("Sequence"), normalizers: z.array(z.unknown()) }),
  z.looseObject({
    type: z.literal("BertNormalizer"),
    clean_text: z.boolean().default(true),
    handle_chinese_chars: z.boolean().default(true),
    strip_accents: z.boolean().nullish(),
    lowercase: z.boolean().default(true),
  }),
  z.looseObject({ type: z.literal("Precompiled"), precompiled_charsmap: z.string() }),
  z.looseObject({ type: z.literal(["NFC", "NFD", "NFKC", "NFKD"]) }),
  z.looseObject({
    type: z.literal("Strip"),
    strip_left: z.boolean().default(true),
    strip_right: z.boolean().default(true),
  }),
  z.looseObject({ type: z.literal("StripAccents") }),
  z.looseObject({ type: z.literal("Lowercase") }),
  z.looseObject({ type: z.literal("Prepend"), prepend: z.string() }),
  z.looseObject({ type: z.literal("Replace"), pattern: patternSchema, content: z.string() }),
]);

type Config = z.infer<typeof normalizerSchema>;

/**
 * How long a text may become: this many characters for each of its own, plus this many. A normal form of
 * Unicode turns one character into 18 at most.
 */
const mostGrowth = { times: 32, more: 1024 };

/**
 * Builds the `normalizer` of a `tokenizer.json`, which takes time linear in the text.
 *
 * @returns a function that throws a RangeError, naming the step, if the text grows to over 32 times its
 *   length plus 1,024 characters
 * @throws Error if it is unknown or incomplete
 * Source: Hugging Face tokenizers 0.23, `normalizers/`.
 */
export function normalizer(config: unknown): (text: string) => string {
  if (config === null || config === undefined) return (text) => text;
  const steps = stepsOf(normalizerSchema, config, "normalizer", "normalizers").map((step) => ({
    step,
    apply: normalize(step),
  }));
  return (text) => {
    const most = mostGrowth.times * text.length + mostGrowth.more;
    let out = text;
    for (const { step, apply } of steps) {
      out = apply(out, most);
      if (out.length <= most) continue;
      throw new RangeError(
        `${step.where}: expected ${step.type} to keep a text of ${text.length} characters under ${most}, got more`,
      );
    }
    return out;
  };
}

/** A step as a function, which may stop early with any text longer than `most`. */
function normalize(config: Placed<Config>): (text: string, most: number) => string {
  switch (config.type) {
    case "BertNormalizer":
      return bertNormalizer(config);
    case "Precompiled":
      return precompiledCharsmap(config.precompiled_charsmap);
    case "Strip":
      return (text) => {
        const right = config.strip_right ? text.replace(trailing, "") : text;
        return config.strip_left ? right.replace(leading, "") : right;
      };
    case "StripAccents":
      return (text) => text.replace(combiningMarks, "");
    case "Lowercase":
      return lowercase;
    case "Prepend":
      return (text) => (text === "" ? "" : config.prepend + text);
    case "Replace": {
      const matches = patternMatches(config.pattern, `${config.where}.pattern`);
      return (text, most) => replaced(text, matches, config.content, most);
    }
    default:
      return (text) => normalForm(text, config.type);
  }
}

function replaced(text: string, matches: Matches, content: string, most: number): string {
  let out = "";
  let last = 0;
  for (const { begin, end } of matches(text)) {
    out += text.slice(last, begin) + content;
    last = end;
    if (out.length > most) return out;
  }
  return last === 0 && out === "" ? text : out + text.slice(last);
}

const leading = new RegExp(`^[${whiteSpace}]+`, "u");
const trailing = new RegExp(`(?<![${whiteSpace}])[${whiteSpace}]+$`, "u");
const controls = new RegExp(`[${characterClass(control)}]+`, "gu");
const whiteSpaces = new RegExp(`[${whiteSpace}]`, "gu");
const ideographs = new RegExp(`[${characterClass(ideograph)}]`, "gu");
const nonspacingMarks = new RegExp(`[${characterClass(nonspacingMark)}]+`, "gu");
const combiningMarks = new RegExp(`[${characterClass(combiningMark)}]+`, "gu");

function bertNormalizer(config: Extract<Config, { type: "BertNormalizer" }>) {
  return (text: string): string => {
    let out = text;
    if (config.clean_text) out = out.replace(controls, "").replace(whiteSpaces, " ");
    if (config.handle_chinese_chars) out = out.replace(ideographs, " $& ");
    if (config.strip_accents ?? config.lowercase) {
      out = normalForm(out, "NFD").replace(nonspacingMarks, "");
    }
    return config.lowercase ? lowercase(out) : out;
  };
}

/** Lower case, character by character, without JavaScript's final sigma at the end of a word. */
function lowercase(text: string): string {
  const lower = text.toLowerCase();
  if (!text.includes("Σ")) return lower;
  return Array.from(text, (character) => character.toLowerCase()).join("");
}
