import { z } from "zod";
import { whiteSpace, wordCharacter } from "./character-class.ts";

/** A token beside the model's vocabulary: found in a text before the text is split. */
export interface AddedToken {
  id: number;
  content: string;
  /** Whether it is none inside a word. */
  single_word: boolean;
  /** Whether blanks before it are part of it. */
  lstrip: boolean;
  /** Whether blanks after it are part of it. */
  rstrip: boolean;
  /** Whether it is looked for in the normalised text; by default, unless it is special. */
  normalized?: boolean | undefined;
  special: boolean;
}

/** An added token as a `tokenizer.json` has it. */
export const addedTokenSchema: z.ZodType<AddedToken> = z.object({
  id: z.int().nonnegative(),
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});

/** A part of a text: an added token's id, or the text between such; and where it begins. */
export type Section = { id: number } | { text: string; at: number };

const blanksBefore = new RegExp(`(?<![${whiteSpace}])[${whiteSpace}]+$`, "u");
const blanksAfter = new RegExp(`^[${whiteSpace}]+`, "u");
const wordBefore = new RegExp(`[${wordCharacter}]$`, "u");
const wordAfter = new RegExp(`^[${wordCharacter}]`, "u");

/**
 * Splits a text at added tokens, the leftmost and then the longest first. Those with `normalized`
 * are looked for in the normalised text, the others before, and only what is left is normalised.
 *
 * @returns a function from a text to its sections; those of text are normalised, none is empty
 * Source: Hugging Face tokenizers 0.23, `tokenizer/added_vocabulary.rs`.
 */
export function addedTokenSplitter(
  tokens: readonly AddedToken[],
  normalize: (text: string) => string,
): (text: string) => Section[] {
  const late = (t: AddedToken): boolean => t.normalized ?? !t.special;
  const asGiven = finder(tokens.filter((t) => !late(t)));
  const asNormalized = finder(
    tokens.filter(late).map((t) => ({ ...t, content: normalize(t.content) })),
  );
  return (text) =>
    asGiven(text).flatMap((section) => {
      if ("id" in section) return [section];
      const { at } = section;
      return asNormalized(normalize(section.text)).map((inner) =>
        "id" in inner ? inner : { text: inner.text, at: at + inner.at },
      );
    });
}

function finder(tokens: readonly AddedToken[]): (text: string) => Section[] {
  const byContent = new Map(tokens.flatMap((t) => (t.content === "" ? [] : [[t.content, t]])));
  if (byContent.size === 0) return (text) => (text === "" ? [] : [{ text, at: 0 }]);
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join("|"), "gu");
  return (text) => {
    const out: Section[] = [];
    let last = 0;
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const token = byContent.get(content);
      let begin = index;
      let end = index + content.length;
      if (token === undefined || begin < last) continue;
      if (token.single_word && !standsAlone(text, begin, end)) continue;
      if (token.lstrip) begin -= blanksBefore.exec(text.slice(last, begin))?.[0].length ?? 0;
      if (token.rstrip) end += blanksAfter.exec(text.slice(end))?.[0].length ?? 0;
      if (begin > last) out.push({ text: text.slice(last, begin), at: last });
      out.push({ id: token.id });
      last = end;
    }
    if (last < text.length) out.push({ text: text.slice(last), at: last });
    return out;
  };
}

function standsAlone(text: string, begin: number, end: number): boolean {
  return !wordBefore.test(text.slice(0, begin)) && !wordAfter.test(text.slice(end));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
