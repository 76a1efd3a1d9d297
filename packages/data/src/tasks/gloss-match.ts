import { splitmix32, shuffled } from "@sweetspot/statistics";
import type { Example } from "../sources/examples.ts";
import { wordsOf } from "../baseline/words.ts";
import { type Matched, matchTask } from "./mismatched.ts";
import { withoutNearDuplicates } from "./near-duplicates.ts";
import { type PartOfSpeech, partsOfSpeech, readSenses, readSynsets } from "./corpora/wordnet.ts";

const seed = 1;
const poolSize = 4000;
const shortest = 4;

interface Defined extends Matched {
  /** The words of the synset, `_` for a space. */
  synonyms: readonly string[];
}

/**
 * The task `gloss-match`: does the definition define the word? A word of WordNet with the definition of
 * its most frequent sense, or with that of another such word of the same part of speech. The words occur
 * in the texts that WordNet's authors tagged; no word of a definition starts with the same 4 letters as
 * the word; each word and each definition is used once, and none are near duplicates.
 *
 * @throws Error as `readSynsets`
 */
export async function glossMatch(): Promise<Example[]> {
  const random = splitmix32(seed);
  const all = (await Promise.all(partsOfSpeech.map(definedWords))).flat();
  const used = new Set<string>();
  const once = shuffled(all, random).filter(({ text, textPair }) => {
    if (used.has(text) || used.has(textPair)) return false;
    used.add(text).add(textPair);
    return true;
  });
  const items = withoutNearDuplicates(once.slice(0, 2 * poolSize), (d) => d.textPair);
  return matchTask(
    items.slice(0, poolSize),
    (a, b) => !b.synonyms.includes(a.text) && !sharesStem(a.text, b.textPair),
    random,
  );
}

async function definedWords(partOfSpeech: PartOfSpeech): Promise<Defined[]> {
  const synsets = new Map((await readSynsets(partOfSpeech)).map((s) => [s.offset, s]));
  return (await readSenses(partOfSpeech)).flatMap(({ word, offsets, tagged }) => {
    const synset = synsets.get(offsets[0] ?? "");
    if (synset === undefined || tagged === 0 || !/^[a-z]{3,}$/.test(word)) return [];
    const { definition, words: synonyms } = synset;
    if (wordsOf(definition).length < shortest || sharesStem(word, definition)) return [];
    return [{ text: word, textPair: definition, kind: partOfSpeech, synonyms }];
  });
}

/** Whether a word of 3 letters or more has the same first 4 letters as a word of a text. */
export function sharesStem(word: string, text: string): boolean {
  const stem = word.slice(0, 4);
  return wordsOf(text).some((other) => {
    if (other.length < 3) return false;
    const length = Math.min(stem.length, other.length);
    return other.slice(0, length) === stem.slice(0, length);
  });
}
