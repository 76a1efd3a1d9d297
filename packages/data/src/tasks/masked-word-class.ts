import { splitmix32, shuffled } from "@sweetspot/statistics";
import { groupsBy } from "../groups.ts";
import type { Example } from "../sources/examples.ts";
import {
  type BrownSentence,
  detokenised,
  isRunningText,
  readBrown,
  type WordClass,
  wordClasses,
} from "./corpora/brown.ts";
import { withoutNearDuplicates } from "./near-duplicates.ts";

const seed = 1;
/** Sentences per document and class. */
const perDocument = 2;
const [shortest, longest] = [8, 25];

const classes: readonly WordClass[] = ["noun", "verb", "adjective", "adverb"];

/**
 * The task `masked-word-class`: does `[MASK]` stand for a noun, a verb, an adjective or an adverb?
 * Sentences of 8 to 25 tokens from the Brown corpus, each used once, two per class and document. A
 * document is a group.
 *
 * @throws Error as `readBrown`
 */
export async function maskedWordClass(): Promise<Example[]> {
  const random = splitmix32(seed);
  const usable = (await readBrown()).filter(
    (s) => s.tokens.length >= shortest && s.tokens.length <= longest && isRunningText(s),
  );
  const sentences = withoutNearDuplicates(usable, (s) => detokenised(s.tokens.map((t) => t.token)));
  const examples: Example[] = [];
  for (const [group, ofDocument] of groupsBy(sentences, (s) => s.document)) {
    const free = shuffled(ofDocument, random);
    for (let round = 0; round < perDocument; round++)
      for (const label of shuffled(classes, random)) {
        const at = free.findIndex((s) => s.tokens.some((t) => isOf(label, t)));
        const [sentence] = at < 0 ? [] : free.splice(at, 1);
        if (sentence === undefined) continue;
        examples.push({ text: masked(sentence, label, random), label, group });
      }
  }
  return shuffled(examples, random);
}

/** Whether a token is a lower-case word of the class. */
function isOf(label: string, { token, tag }: BrownSentence["tokens"][number]): boolean {
  return wordClasses[tag] === label && /^[a-z]{2,}$/.test(token);
}

/** The text with one of the words of a class masked. */
function masked({ tokens }: BrownSentence, label: string, random: () => number): string {
  const places = [...tokens.keys()].filter((i) => {
    const token = tokens[i];
    return token !== undefined && isOf(label, token);
  });
  const [place] = shuffled(places, random);
  return detokenised(tokens.map(({ token }, i) => (i === place ? "[MASK]" : token)));
}
