import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import { characterClass, whiteSpace } from "./character-class.ts";
import { libraryPart, libraryPattern, patternSchema } from "./library-parts.ts";
import { precompiledCharsmap } from "./precompiled-charsmap.ts";
import {
  combiningMark,
  control,
  ideograph,
  nonspacingMark,
  unnormalized,
} from "./unicode-tables.ts";

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

const ours = new Set<unknown>(
  normalizerSchema.options.flatMap(({ shape }) => [...shape.type.values]),
);

/** Those that the library lacks, or has otherwise than Hugging Face's Rust library. */
type Ours = z.infer<typeof normalizerSchema>;

/**
 * What a `tokenizer.json`'s `normalizer` makes of a text; of a type that is not known here, what
 * `@huggingface/tokenizers` 0.2 makes of it.
 *
 * @throws Error if it is none that is known, or lacks what it needs
 * Source: Hugging Face tokenizers 0.23, `normalizers/`.
 */
export function normalizer(config: unknown): (text: string) => string {
  if (config === null || config === undefined) return (text) => text;
  const { type } = parse(z.looseObject({ type: z.string() }), config, "normalizer");
  if (ours.has(type)) return own(parse(normalizerSchema, config, "normalizer"));
  const theirs = libraryPart("normalizer", config);
  return (text) => theirs.normalize(text);
}

function own(config: Ours): (text: string) => string {
  switch (config.type) {
    case "Sequence": {
      const steps = config.normalizers.map((step) => normalizer(step));
      return (text) => steps.reduce((t, step) => step(t), text);
    }
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
      const pattern = libraryPattern(config.pattern);
      return (text) => text.replaceAll(pattern, () => config.content);
    }
    default:
      return (text) => normalForm(text, config.type);
  }
}

const leading = new RegExp(`^[${whiteSpace}]+`, "u");
const trailing = new RegExp(`(?<![${whiteSpace}])[${whiteSpace}]+$`, "u");
const controls = new RegExp(`[${characterClass(control)}]+`, "gu");
const whiteSpaces = new RegExp(`[${whiteSpace}]`, "gu");
const ideographs = new RegExp(`[${characterClass(ideograph)}]`, "gu");
const nonspacingMarks = new RegExp(`[${characterClass(nonspacingMark)}]+`, "gu");
const combiningMarks = new RegExp(`[${characterClass(combiningMark)}]+`, "gu");
const normalized = new RegExp(`[^${characterClass(unnormalized)}]+`, "gu");

function bertNormalizer(config: Extract<Ours, { type: "BertNormalizer" }>) {
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

/** Character by character: without the sigma that JavaScript writes at the end of a word. */
function lowercase(text: string): string {
  const lower = text.toLowerCase();
  if (!text.includes("Σ")) return lower;
  return Array.from(text, (character) => character.toLowerCase()).join("");
}

/** What the library's tables do not know yet stays as it is, and is a base to what follows. */
function normalForm(text: string, form: "NFC" | "NFD" | "NFKC" | "NFKD"): string {
  return text.replace(normalized, (run) => run.normalize(form));
}
