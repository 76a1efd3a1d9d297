import { tokenTrie } from "./token-trie.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The options of a WordPiece model. */
export interface WordPieceOptions {
  /** The prefix of tokens that do not start a word. */
  prefix: string;
  /** A word with more characters (code points) is unknown. */
  longestWord: number;
}

/**
 * WordPiece: takes the longest token at the start of a word, then the longest at the start of the rest,
 * and so on. Takes time linear in the word.
 *
 * @returns a function from a word to its ids; undefined if the word is unknown as a whole
 * Source: Hugging Face tokenizers 0.23, `models/wordpiece/mod.rs`.
 */
export function wordPiece(
  vocabulary: Vocabulary,
  { prefix, longestWord }: WordPieceOptions,
): (word: string) => number[] | undefined {
  const trie = tokenTrie(vocabulary, "model.vocab");
  const inside = trie.find(prefix);
  return (word) => {
    if (word.length > longestWord && countUpTo(word, longestWord + 1) > longestWord) return;
    const ids: number[] = [];
    let begin = 0;
    while (begin < word.length) {
      let node = begin === 0 ? 0 : inside;
      let found = -1;
      let next = begin;
      for (let end = begin; end < word.length && node !== -1;) {
        node = trie.next(node, word.charCodeAt(end++));
        const id = node === -1 ? -1 : trie.valueAt(node);
        if (id === -1) continue;
        found = id;
        next = end;
      }
      if (found === -1) return;
      ids.push(found);
      begin = next;
    }
    return ids;
  };
}

/** The number of code points, counted up to `most`. */
function countUpTo(text: string, most: number): number {
  let count = 0;
  for (let i = 0; i < text.length && count < most; count++) {
    i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
  }
  return count;
}
