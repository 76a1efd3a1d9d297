import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";

/** What is used here of the parts that a tokenizer of `@huggingface/tokenizers` 0.2 is made of. */
interface LibraryParts {
  normalizer: { normalize(text: string): string };
  pre_tokenizer: {
    pre_tokenize_text(text: string, options: { section_index: number }): string[];
    /** Of `Split` alone. */
    pattern?: RegExp | null;
  };
  model: { (words: string[]): string[]; tokens_to_ids: ReadonlyMap<string, number> };
}

/**
 * One part, made by the library from a part of a `tokenizer.json`.
 *
 * @throws Error if the library knows none such
 */
export function libraryPart<P extends keyof LibraryParts>(
  part: P,
  config: unknown,
): LibraryParts[P] {
  const none = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  const model = { type: "WordPiece", vocab: {}, unk_token: "" };
  // The library's types do not resolve in an ES module.
  const parts = new Tokenizer(
    { ...none, model, added_tokens: [], [part]: config },
    {},
  ) as LibraryParts;
  return parts[part];
}

/** In Oniguruma's syntax, or as it stands. */
type Pattern = { Regex: string } | { String: string };

/** What a part looks for, as a `tokenizer.json` has it. */
export const patternSchema: z.ZodType<Pattern> = z.union([
  z.object({ Regex: z.string() }),
  z.object({ String: z.string() }),
]);

/** A pattern as the library translates it, to be matched all over a text. */
export function libraryPattern(pattern: Pattern): RegExp {
  const { pattern: found } = libraryPart("pre_tokenizer", { type: "Split", pattern });
  if (found == null) throw new TypeError("pattern: expected a Regex or a String, got neither");
  return found;
}
