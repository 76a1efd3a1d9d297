import { splitmix32, shuffled } from "@sweetspot/statistics";
import { groupsBy } from "../groups.ts";
import type { Example } from "../sources/examples.ts";
import {
  type BrownSentence,
  detokenised,
  isRunningText,
  readBrown,
  wordClasses,
} from "./corpora/brown.ts";
import { withoutNearDuplicates } from "./near-duplicates.ts";

const seed = 1;
/** A word has at least this many noun tags and verb tags in the corpus. */
const fewest = 5;
/** The most sentences per word and class. */
const perWord = 6;
const [shortest, longest] = [6, 25];

/**
 * The task `noun-or-verb`: is the word a noun or a verb in the sentence? Words with at least 5 noun tags
 * and 5 verb tags in the Brown corpus, and sentences of 6 to 25 tokens in which the word occurs once.
 * Each sentence is used once; a word has equally many of both classes, at most 6. A word is a group.
 *
 * @throws Error as `readBrown`
 */
export async function nounOrVerb(): Promise<Example[]> {
  const sentences = await readBrown();
  const words = ambiguousWords(sentences);
  const random = splitmix32(seed);
  const usable = sentences.filter(
    (s) => s.tokens.length >= shortest && s.tokens.length <= longest && isRunningText(s),
  );
  const texts = withoutNearDuplicates(
    usable.map(({ tokens }) => ({ tokens, text: detokenised(tokens.map((t) => t.token)) })),
    (s) => s.text,
  );
  const all = texts.flatMap(({ text, tokens }) =>
    tokens.flatMap(({ token, tag }) => {
      const word = token.toLowerCase();
      const label = nounOrVerbOf(tag);
      if (label === undefined || !words.has(word)) return [];
      const once = tokens.filter((t) => t.token.toLowerCase() === word).length === 1;
      return once ? [{ word, text, label }] : [];
    }),
  );
  const uses = groupsBy(all, ({ word }) => word);
  const used = new Set<string>();
  const examples: Example[] = [];
  for (const word of shuffled([...words].sort(), random)) {
    const free = shuffled(uses.get(word) ?? [], random).filter(({ text }) => !used.has(text));
    const nouns = free.filter(({ label }) => label === "noun");
    const verbs = free.filter(({ label }) => label === "verb");
    const n = Math.min(perWord, nouns.length, verbs.length);
    for (const { text, label } of [...nouns.slice(0, n), ...verbs.slice(0, n)]) {
      used.add(text);
      examples.push({ text: word, textPair: text, label, group: word });
    }
  }
  return shuffled(examples, random);
}

/** Lower-case words that are tagged often enough as a noun and as a verb. */
function ambiguousWords(sentences: readonly BrownSentence[]): Set<string> {
  const counts = new Map<string, { noun: number; verb: number }>();
  for (const { tokens } of sentences)
    for (const { token, tag } of tokens) {
      const label = nounOrVerbOf(tag);
      if (label === undefined || !/^[a-z]+$/i.test(token)) continue;
      const word = token.toLowerCase();
      const count = counts.get(word) ?? { noun: 0, verb: 0 };
      count[label]++;
      counts.set(word, count);
    }
  const ambiguous = [...counts].filter(([, c]) => c.noun >= fewest && c.verb >= fewest);
  return new Set(ambiguous.map(([word]) => word));
}

function nounOrVerbOf(tag: string): "noun" | "verb" | undefined {
  const of = wordClasses[tag];
  return of === "noun" || of === "verb" ? of : undefined;
}
