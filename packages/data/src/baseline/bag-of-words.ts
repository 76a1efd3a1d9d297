import type { SparseRows } from "@sweetspot/statistics";
import { countsOf } from "../groups.ts";
import type { Example } from "../sources/examples.ts";
import { wordsOf } from "./words.ts";

/** Terms that are kept, those of the most examples first. */
const mostTerms = 20_000;
/** A pair's overlap is a feature in steps of a quarter. */
const overlapSteps = 4;

type Texts = Pick<Example, "text" | "textPair">;

/** Terms with their columns and their inverse document frequencies. */
export interface Vocabulary {
  /** Term -> its column. */
  columns: ReadonlyMap<string, number>;
  /** `[F]`: `ln((1 + N) / (1 + n)) + 1` for a term in n of N examples. */
  idf: Float64Array;
}

/**
 * What an example is described by: its words and pairs of neighbouring words, in lower case. Those of
 * the words of a pair's two texts differ (`1:` and `2:`); the words that occur in both (`both:`), and the
 * share of the second text's words that do, in quarters (`overlap:`), come beside them.
 */
export function termsOf({ text, textPair }: Texts): string[] {
  const words = wordsOf(text);
  if (textPair === undefined) return withBigrams(words);
  const others = wordsOf(textPair);
  const own = new Set(words);
  const both = [...new Set(others)].filter((word) => own.has(word));
  const share =
    others.length === 0 ? 0 : others.filter((word) => own.has(word)).length / others.length;
  return [
    ...withBigrams(words).map((term) => `1:${term}`),
    ...withBigrams(others).map((term) => `2:${term}`),
    ...both.map((word) => `both:${word}`),
    `overlap:${Math.round(share * overlapSteps)}`,
  ];
}

function withBigrams(words: readonly string[]): string[] {
  return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
}

/**
 * The terms of some examples: the 20,000 that are in the most of them, by the alphabet where equally
 * many have them.
 */
export function vocabularyOf(examples: readonly Texts[]): Vocabulary {
  const frequencies = new Map<string, number>();
  for (const example of examples)
    for (const term of new Set(termsOf(example)))
      frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  const kept = [...frequencies]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, mostTerms);
  return {
    columns: new Map(kept.map(([term], column) => [term, column])),
    idf: Float64Array.from(kept, ([, n]) => Math.log((1 + examples.length) / (1 + n)) + 1),
  };
}

/**
 * Examples as rows of TF-IDF: `(1 + ln tf) idf` for a term that occurs tf times, each row of length 1
 * (Euclidean), or 0 if it has no known term.
 *
 * @returns `[N, F]`
 * Source: scikit-learn 1.7, TfidfVectorizer with sublinear_tf and smooth_idf.
 */
export function tfIdf(examples: readonly Texts[], { columns, idf }: Vocabulary): SparseRows {
  const rows = examples.map((example) => {
    const counts = countsOf(termsOf(example).flatMap((term) => columns.get(term) ?? []));
    const row = Array.from(counts, ([column, tf]) => ({
      column,
      value: (1 + Math.log(tf)) * (idf[column] ?? 0),
    })).sort((a, b) => a.column - b.column);
    const norm = Math.sqrt(row.reduce((sum, { value }) => sum + value * value, 0));
    return row.map(({ column, value }) => ({ column, value: value / norm }));
  });
  const offsets = new Int32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) offsets[i + 1] = (offsets[i] ?? 0) + row.length;
  return {
    offsets,
    columns: Int32Array.from(rows.flatMap((row) => row.map((r) => r.column))),
    values: Float64Array.from(rows.flatMap((row) => row.map((r) => r.value))),
    width: idf.length,
  };
}
