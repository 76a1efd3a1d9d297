import { splitmix32, shuffled } from "@sweetspot/statistics";
import type { Example } from "../sources/examples.ts";
import { wordsOf } from "../baseline/words.ts";
import { withoutNearDuplicates } from "./near-duplicates.ts";
import { readSynsets } from "./corpora/wordnet.ts";

const seed = 1;
/** Examples per topic, and the number from which they are chosen, since some are near duplicates. */
const perTopic = 500;
const drawn = 750;
const shortest = 4;

/** Lexicographer files of nouns. Source: lexnames(5WN). */
const topics: Readonly<Record<number, string>> = {
  4: "act",
  5: "animal",
  6: "artifact",
  7: "attribute",
  9: "cognition",
  10: "communication",
  13: "food",
  18: "person",
};

/**
 * The task `gloss-topic`: the definition of a noun of WordNet, labelled by its lexicographer file.
 * Definitions of 4 words or more, none of a proper noun, no near duplicates, 500 of each topic.
 *
 * @throws Error as `readSynsets`
 */
export async function glossTopic(): Promise<Example[]> {
  const synsets = (await readSynsets("noun")).filter(
    ({ definition, words }) =>
      wordsOf(definition).length >= shortest && !/\p{Lu}/u.test(words[0] ?? ""),
  );
  const examples = shuffled(synsets, splitmix32(seed)).flatMap((synset): Example[] => {
    const label = topics[synset.lexicographerFile];
    return label === undefined ? [] : [{ text: synset.definition, label }];
  });
  const some = firstOfEach(examples, drawn);
  return firstOfEach(
    withoutNearDuplicates(some, (e) => e.text),
    perTopic,
  );
}

/** The first `most` examples of each label, in the given order. */
function firstOfEach(examples: readonly Example[], most: number): Example[] {
  const counts = new Map<string, number>();
  return examples.filter(({ label }) => {
    const n = (counts.get(label) ?? 0) + 1;
    counts.set(label, n);
    return n <= most;
  });
}
