import { ragged, type EncodedSplit } from "@sweetspot/artifact";

/** Texts of 3, 5 or 7 tokens, in which one token gives the label away. */
export function twoWords(rows: number): EncodedSplit {
  const ids = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: 3 + 2 * (i % 3) }, (_, t) =>
      t === 0 ? 101 : t === 1 ? 3000 + (i % 2) : 2000 + ((37 * i + 11 * t) % 19),
    ),
  );
  return {
    inputIds: ragged(ids),
    tokenTypeIds: ragged(ids.map((row) => row.map(() => 0))),
    labels: Int32Array.from(ids, (_, i) => i % 2),
  };
}
