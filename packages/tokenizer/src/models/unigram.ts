import { tokenTrie } from "./token-trie.ts";

/** A piece of a word and its logarithmic probability. */
export type ScoredPiece = readonly [piece: string, score: number];

/** How far below the least probable piece an unknown character scores. */
const unknownPenalty = 10;

/**
 * The most probable pieces of a word (Viterbi), as ids; unknown characters that follow one another
 * are one unknown piece. Takes time linear in the word.
 *
 * @param pieces in order of their ids
 * @param unknownId the id of what is unknown; null: a word with unknown characters is an error
 * @param byteFallback whether an unknown piece becomes the pieces `<0x00>` to `<0xFF>` of its bytes
 * Source: Hugging Face tokenizers 0.23, `models/unigram/model.rs`, `encode_optimized`.
 */
export function unigram(
  pieces: readonly ScoredPiece[],
  unknownId: number | null,
  byteFallback = false,
): (word: string) => number[] {
  const trie = tokenTrie(
    pieces.map(([piece], id) => [piece, id]),
    "model.vocab",
  );
  const scores = Float64Array.from(pieces, ([, score]) => score);
  const unknownScore = scores.reduce((least, s) => Math.min(least, s), Infinity) - unknownPenalty;

  /** Where the best path's pieces begin, by where they end; and their ids, -1 if unknown. */
  const viterbi = (word: string): { begins: Int32Array; best: Int32Array } => {
    const begins = new Int32Array(word.length + 1).fill(-1);
    const best = new Int32Array(word.length + 1).fill(-1);
    const totals = new Float64Array(word.length + 1);
    const offer = (begin: number, end: number, id: number, total: number): void => {
      if (begins[end] !== -1 && !(total > (totals[end] ?? 0))) return;
      begins[end] = begin;
      best[end] = id;
      totals[end] = total;
    };
    let begin = 0;
    while (begin < word.length) {
      const after = begin + ((word.codePointAt(begin) ?? 0) > 0xffff ? 2 : 1);
      const before = totals[begin] ?? 0;
      let isKnown = false;
      let node = 0;
      for (let end = begin + 1; end <= word.length; end++) {
        node = trie.next(node, word.charCodeAt(end - 1));
        if (node === -1) break;
        const id = trie.valueAt(node);
        if (id === -1 || end < after) continue;
        if (end === after) isKnown = true;
        offer(begin, end, id, (scores[id] ?? 0) + before);
      }
      if (!isKnown) offer(begin, after, -1, unknownScore + before);
      begin = after;
    }
    return { begins, best };
  };

  const idOf = (piece: string): number => {
    const node = trie.find(piece);
    return node === -1 ? -1 : trie.valueAt(node);
  };
  const byteIds = Array.from({ length: 256 }, (_, byte) =>
    idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  );
  const unknown = (piece: string): number[] => {
    const whole = idOf(piece);
    if (whole !== -1) return [whole];
    if (byteFallback) {
      const ids = Array.from(new TextEncoder().encode(piece), (byte) => byteIds[byte] ?? -1);
      if (!ids.includes(-1)) return ids;
    }
    if (unknownId === null) {
      throw new RangeError(
        `unigram: expected an unk_id for ${JSON.stringify(piece.slice(0, 80))}, which no piece spells`,
      );
    }
    return [unknownId];
  };

  return (word) => {
    const { begins, best } = viterbi(word);
    const reversed: number[][] = [];
    let end = word.length;
    let unknownEnd = end;
    while (end > 0) {
      const id = best[end] ?? -1;
      const begin = begins[end] ?? 0;
      const isUnknown = id === -1 || id === unknownId;
      if (!isUnknown) {
        if (unknownEnd > end) reversed.push(unknown(word.slice(end, unknownEnd)));
        reversed.push([id]);
        unknownEnd = begin;
      }
      end = begin;
    }
    if (unknownEnd > 0) reversed.push(unknown(word.slice(0, unknownEnd)));
    return reversed.toReversed().flat();
  };
}
