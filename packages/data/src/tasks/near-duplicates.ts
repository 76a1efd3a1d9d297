import { wordsOf } from "../baseline/words.ts";
import { disjointSets } from "../disjoint-sets.ts";

/** Texts are near duplicates if the Jaccard index of their word 3-grams is at least this. */
const nearJaccard = 0.5;
/** Or if they share a phrase of this many words. */
const sharedPhrase = 8;

/**
 * Clusters near duplicates: texts whose sets of word 3-grams have a Jaccard index `|A and B| / |A or B|`
 * of 0.5 or more, or that share a phrase, directly or through other texts. A text of fewer than three
 * words is one gram.
 *
 * @param phrase how many words in a row make a shared phrase; `Infinity` to use the 3-grams only
 * @returns for each text the index of the first of its cluster
 */
export function nearDuplicates(texts: readonly string[], phrase: number = sharedPhrase): number[] {
  const { first, join } = disjointSets(texts.length);
  const holders = new Map<string, number[]>();
  const phrases = new Map<string, number>();
  const sizes: number[] = [];
  for (const [i, text] of texts.entries()) {
    const words = wordsOf(text);
    const grams = new Set(ngrams(words, 3));
    sizes.push(grams.size);
    const shared = new Map<number, number>();
    for (const gram of grams) {
      const others = holders.get(gram) ?? [];
      for (const j of others) shared.set(j, (shared.get(j) ?? 0) + 1);
      if (others.push(i) === 1) holders.set(gram, others);
    }
    for (const [j, n] of shared)
      if (n / (grams.size + (sizes[j] ?? 0) - n) >= nearJaccard) join(i, j);
    if (words.length < phrase) continue;
    for (const run of ngrams(words, phrase)) {
      const j = phrases.get(run);
      if (j === undefined) phrases.set(run, i);
      else join(i, j);
    }
  }
  return texts.map((_, i) => first(i));
}

/** The first text of each cluster of `nearDuplicates`, in the given order. */
export function withoutNearDuplicates<T>(
  items: readonly T[],
  text: (item: T) => string,
  phrase: number = sharedPhrase,
): T[] {
  const clusters = nearDuplicates(items.map(text), phrase);
  return items.filter((_, i) => clusters[i] === i);
}

/** Runs of `n` words; the whole text if it has fewer. */
function ngrams(words: readonly string[], n: number): string[] {
  const runs = Math.max(1, words.length - n + 1);
  return Array.from({ length: runs }, (_, i) => words.slice(i, i + n).join(" "));
}
