import { z } from "zod";
import { whiteSpace, wordCharacter } from "./patterns/character-class.ts";
import { classSet } from "./patterns/character-set.ts";
import { type TokenTrie, tokenTrie } from "./models/token-trie.ts";

/** A token added to the model's vocabulary; it is found in a text before the text is split. */
export interface AddedToken {
  id: number;
  content: string;
  /** Whether it does not count inside a word. */
  single_word: boolean;
  /** Whether blanks before it are part of it. */
  lstrip: boolean;
  /** Whether blanks after it are part of it. */
  rstrip: boolean;
  /** Whether to look for it in the normalised text; by default yes, unless it is special. */
  normalized?: boolean | undefined;
  special: boolean;
}

/** The schema of an added token in a `tokenizer.json`. */
export const addedTokenSchema: z.ZodType<AddedToken> = z.object({
  id: z.int().nonnegative(),
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});

/** A part of a text: an added token's id, or the text between added tokens; and where it starts. */
export type Section = { id: number } | { text: string; at: number };

const isBlank = classSet(whiteSpace);
const isWordCharacter = classSet(wordCharacter);

/**
 * Splits a text at added tokens, the leftmost and then the longest first. Tokens with `normalized` are
 * found in the normalised text, the others before normalisation; only the rest is normalised, each
 * section when it is read. Takes time linear in the text.
 *
 * @returns a function from a text to its sections; text sections are normalised, and none is empty
 * @throws RangeError if a token is longer than 1,000 characters
 * Source: Hugging Face tokenizers 0.23, `tokenizer/added_vocabulary.rs`.
 */
export function addedTokenSplitter(
  tokens: readonly AddedToken[],
  normalize: (text: string) => string,
): (text: string) => Iterable<Section> {
  const late = (t: AddedToken): boolean => t.normalized ?? !t.special;
  const asGiven = finder(tokens.filter((t) => !late(t)));
  const asNormalized = finder(
    tokens.filter(late).map((t) => ({ ...t, content: normalize(t.content) })),
  );
  return function* (text) {
    for (const section of asGiven(text)) {
      if ("id" in section) {
        yield section;
        continue;
      }
      for (const inner of asNormalized(normalize(section.text))) {
        yield "id" in inner ? inner : { text: inner.text, at: section.at + inner.at };
      }
    }
  };
}

function finder(tokens: readonly AddedToken[]): (text: string) => Iterable<Section> {
  const trie = tokenTrie(
    tokens.map(({ content }, i) => [content, i]),
    "added_tokens",
  );
  const firsts = new Set(tokens.map(({ content }) => content.charCodeAt(0)));
  firsts.delete(Number.NaN);
  if (firsts.size === 0) return (text) => (text === "" ? [] : [{ text, at: 0 }]);
  const units = [...firsts].map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`);
  const beginning = new RegExp(`[${units.join("")}]`, "g");
  return function* (text) {
    let last = 0;
    for (let at = 0; at < text.length;) {
      beginning.lastIndex = at;
      if (!beginning.test(text)) break;
      at = beginning.lastIndex - 1;
      const found = longestAt(trie, text, at);
      const token = tokens[found.value];
      if (token === undefined || (token.single_word && !standsAlone(text, at, found.end))) {
        at = token === undefined ? at + 1 : found.end;
        continue;
      }
      let begin = at;
      let { end } = found;
      if (token.lstrip) while (begin > last && isBlank(text.charCodeAt(begin - 1))) begin--;
      if (token.rstrip) while (end < text.length && isBlank(text.charCodeAt(end))) end++;
      if (begin > last) yield { text: text.slice(last, begin), at: last };
      yield { id: token.id };
      last = at = end;
    }
    if (last < text.length) yield { text: text.slice(last), at: last };
  };
}

/** The longest token at a position, and where it ends; value -1 if there is none. */
function longestAt(trie: TokenTrie, text: string, at: number): { value: number; end: number } {
  let value = -1;
  let end = at;
  let node = 0;
  for (let i = at; i < text.length;) {
    node = trie.next(node, text.charCodeAt(i++));
    if (node === -1) break;
    const found = trie.valueAt(node);
    if (found === -1) continue;
    value = found;
    end = i;
  }
  return { value, end };
}

function standsAlone(text: string, begin: number, end: number): boolean {
  const after = text.codePointAt(end);
  const before = begin < 2 ? undefined : text.codePointAt(begin - 2);
  const last = before !== undefined && before > 0xffff ? before : text.charCodeAt(begin - 1);
  return (
    (begin === 0 || !isWordCharacter(last)) && (after === undefined || !isWordCharacter(after))
  );
}
