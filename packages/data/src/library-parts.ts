import { Tokenizer } from "@huggingface/tokenizers";

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
