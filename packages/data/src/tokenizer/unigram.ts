/** A piece of a word and its logarithmic probability. */
export type ScoredPiece = readonly [piece: string, score: number];

/** How far below the least probable piece an unknown character scores. */
const unknownPenalty = 10;

/**
 * The most probable pieces of a word (Viterbi), as ids; unknown characters that follow one another
 * are one unknown piece.
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
  const ids = new Map(pieces.map(([piece], id) => [piece, id]));
  const unknownScore =
    pieces.reduce((least, [, s]) => Math.min(least, s), Infinity) - unknownPenalty;
  // First character -> the length of the longest piece that begins with it.
  const longest = new Map<string, number>();
  for (const [piece] of pieces) {
    const first = firstCharacter(piece, 0);
    longest.set(first, Math.max(longest.get(first) ?? 0, piece.length));
  }
  const score = (id: number): number => pieces[id]?.[1] ?? 0;

  /** Where the best path's pieces begin, by where they end; and their ids, -1 if unknown. */
  const viterbi = (word: string): { begins: Int32Array; best: Int32Array } => {
    const begins = new Int32Array(word.length + 1).fill(-1);
    const best = new Int32Array(word.length + 1).fill(-1);
    const scores = new Float64Array(word.length + 1);
    const offer = (begin: number, end: number, id: number, total: number): void => {
      if (begins[end] !== -1 && !(total > (scores[end] ?? 0))) return;
      begins[end] = begin;
      best[end] = id;
      scores[end] = total;
    };
    let begin = 0;
    while (begin < word.length) {
      const first = firstCharacter(word, begin);
      const before = scores[begin] ?? 0;
      const most = Math.min(word.length, begin + (longest.get(first) ?? 0));
      for (let end = begin + first.length; end <= most; end++) {
        const id = ids.get(word.slice(begin, end));
        if (id !== undefined) offer(begin, end, id, score(id) + before);
      }
      const next = begin + first.length;
      if (!ids.has(first)) offer(begin, next, -1, unknownScore + before);
      begin = next;
    }
    return { begins, best };
  };

  const unknown = (piece: string): number[] => {
    const whole = ids.get(piece);
    if (whole !== undefined) return [whole];
    if (byteFallback) {
      const bytes = Array.from(new TextEncoder().encode(piece), (byte) =>
        ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
      );
      const known = bytes.filter((id) => id !== undefined);
      if (known.length === bytes.length) return known;
    }
    if (unknownId === null) {
      throw new RangeError(
        `unigram: expected an unk_id for ${JSON.stringify(piece)}, which no piece spells`,
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

function firstCharacter(text: string, at: number): string {
  const codePoint = text.codePointAt(at);
  return codePoint === undefined ? "" : String.fromCodePoint(codePoint);
}
