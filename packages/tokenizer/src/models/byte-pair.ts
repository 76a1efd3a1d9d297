import { pairMap } from "./pair-map.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The options of a BPE model. */
export interface BytePairOptions {
  /** The token for characters that the vocabulary lacks; without it they are dropped. */
  unknown: string | undefined;
  /** Whether consecutive unknown characters are one token. */
  fuseUnknown: boolean;
  /** Whether an unknown character becomes the tokens `<0x00>` to `<0xFF>` of its bytes. */
  byteFallback: boolean;
  /** Whether a word in the vocabulary is one token, whatever the merges. */
  ignoreMerges: boolean;
  /** Appended to the last character of a word. */
  suffix: string;
}

/**
 * Byte-pair encoding: merges a word's characters pair by pair, the first merge of the list first, and
 * for one merge from the left. Takes time n log n in the word's length. Dropout, which a file may carry
 * from training, is not applied.
 *
 * @param merges the two tokens that each merge joins, in order; they and their joins are in the vocabulary
 * @returns a function from a word to its ids
 * Source: Hugging Face tokenizers 0.23, `models/bpe/model.rs` and `word.rs`.
 */
export function bytePair(
  vocabulary: Vocabulary,
  merges: readonly (readonly [left: string, right: string])[],
  { unknown, fuseUnknown, byteFallback, ignoreMerges, suffix }: BytePairOptions,
): (word: string) => number[] {
  const rankOf = pairMap(merges.length);
  const merged = merges.map(([left, right], rank) => {
    rankOf.set(vocabulary.get(left) ?? 0, vocabulary.get(right) ?? 0, rank);
    return vocabulary.get(left + right) ?? 0;
  });
  const unknownId = (): number => {
    const id = vocabulary.get(unknown ?? "");
    if (id !== undefined) return id;
    throw new RangeError(`model: expected unk_token in the vocabulary, got ${unknown}`);
  };

  /** The ids of the characters. */
  const symbolsOf = (word: string): number[] => {
    const ids: number[] = [];
    // An unknown character is held back, as in Hugging Face's library, so bytes may overtake it.
    let held = -1;
    for (let i = 0; i < word.length;) {
      const bare = String.fromCodePoint(word.codePointAt(i) ?? 0);
      i += bare.length;
      const character = i < word.length ? bare : bare + suffix;
      const id = vocabulary.get(character);
      if (id !== undefined) {
        if (held !== -1) ids.push(held);
        held = -1;
        ids.push(id);
        continue;
      }
      const bytes = byteFallback ? byteIds(character, vocabulary) : undefined;
      if (bytes !== undefined) {
        for (const byte of bytes) ids.push(byte);
      } else if (unknown !== undefined) {
        if (held !== -1 && !fuseUnknown) ids.push(held);
        held = unknownId();
      }
    }
    if (held !== -1) ids.push(held);
    return ids;
  };

  return (word) => {
    const whole = ignoreMerges ? vocabulary.get(word) : undefined;
    return whole === undefined ? mergeAll(symbolsOf(word), rankOf.get, merged) : [whole];
  };
}

function byteIds(character: string, vocabulary: Vocabulary): number[] | undefined {
  const ids: number[] = [];
  for (const byte of new TextEncoder().encode(character)) {
    const id = vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

/**
 * Merges pairs of ids, the lowest rank first, then the leftmost.
 *
 * @param rankOf -1 if a pair is not merged
 * @param merged by rank, the id of the merged pair
 */
function mergeAll(
  symbols: readonly number[],
  rankOf: (left: number, right: number) => number,
  merged: readonly number[],
): number[] {
  const n = symbols.length;
  const ids = Int32Array.from(symbols);
  // The remaining neighbours of each position; -1 at the ends. A position that was merged away has id -1.
  const before = Int32Array.from(symbols, (_, i) => i - 1);
  const after = Int32Array.from(symbols, (_, i) => (i + 1 < n ? i + 1 : -1));
  const queue: number[] = [];
  const offer = (left: number, right: number): void => {
    const rank = rankOf(ids[left] ?? -1, ids[right] ?? -1);
    // Exact in a double: both are below 2^26.
    if (rank !== -1) push(queue, rank * n + left);
  };
  for (let i = 0; i + 1 < n; i++) offer(i, i + 1);
  for (let key = pop(queue); key !== undefined; key = pop(queue)) {
    const rank = Math.floor(key / n);
    const at = key - rank * n;
    const right = after[at] ?? -1;
    if (ids[at] === -1 || right === -1) continue;
    const now = rankOf(ids[at] ?? -1, ids[right] ?? -1);
    // The pair at this position may have changed since.
    if (now === -1 || merged[now] !== merged[rank]) continue;
    ids[at] = merged[rank] ?? 0;
    ids[right] = -1;
    const next = after[right] ?? -1;
    after[at] = next;
    if (next !== -1) {
      before[next] = at;
      offer(at, next);
    }
    const previous = before[at] ?? -1;
    if (previous !== -1) offer(previous, at);
  }
  const out: number[] = [];
  for (let at = n > 0 ? 0 : -1; at !== -1; at = after[at] ?? -1) out.push(ids[at] ?? 0);
  return out;
}

/** Adds a key to a binary heap, the least first. */
function push(heap: number[], key: number): void {
  let at = heap.push(key) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up] ?? 0;
    if (parent <= key) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = key;
}

/** Takes the least key out of a heap; undefined if it is empty. */
function pop(heap: number[]): number | undefined {
  const least = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return least;
  let at = 0;
  for (let down = 1; down < heap.length; down = 2 * at + 1) {
    const other = heap[down + 1];
    if (other !== undefined && other < (heap[down] ?? 0)) down++;
    const child = heap[down] ?? 0;
    if (child >= last) break;
    heap[at] = child;
    at = down;
  }
  heap[at] = last;
  return least;
}
