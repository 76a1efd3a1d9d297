import { splitmix32, shuffled } from "@sweetspot/statistics";
import type { Example } from "../sources/examples.ts";
import { wordsOf } from "../baseline/words.ts";
import { type Matched, matchTask } from "./mismatched.ts";
import { withoutNearDuplicates } from "./near-duplicates.ts";
import { partsOfSpeech, readSynsets } from "./corpora/wordnet.ts";

const seed = 1;
const poolSize = 4000;
const shortest = 4;
/** The two texts of a pair share no word of this many letters. */
const wordLength = 4;

interface Illustrated extends Matched {
  synonyms: readonly string[];
}

/**
 * The task `example-gloss`: do the example and the definition belong to the same synset? An example from
 * WordNet with the definition that it illustrates, or with the definition of another such synset of its
 * part of speech that shares no word with its own. The two texts share no word of 4 letters or more;
 * each is used once, and none are near duplicates.
 *
 * @throws Error as `readSynsets`
 */
export async function exampleGloss(): Promise<Example[]> {
  const random = splitmix32(seed);
  const synsets = (await Promise.all(partsOfSpeech.map(readSynsets))).flat();
  const all = synsets.flatMap(({ examples, definition, words, partOfSpeech }): Illustrated[] => {
    const [text] = shuffled(examples, random);
    if (text === undefined) return [];
    if (wordsOf(text).length < shortest || wordsOf(definition).length < shortest) return [];
    if (sharesWord(text, definition)) return [];
    return [{ text, textPair: definition, kind: partOfSpeech, synonyms: words }];
  });
  let items = shuffled(all, random).slice(0, 2 * poolSize);
  items = withoutNearDuplicates(items, (i) => i.textPair);
  items = withoutNearDuplicates(items, (i) => i.text);
  return matchTask(
    items.slice(0, poolSize),
    (a, b) => !b.synonyms.some((s) => a.synonyms.includes(s)) && !sharesWord(a.text, b.textPair),
    random,
  );
}

/** Whether two texts share a word of 4 letters or more. */
export function sharesWord(text: string, other: string): boolean {
  const long = new Set(wordsOf(other).filter((word) => word.length >= wordLength));
  return wordsOf(text).some((word) => long.has(word));
}
