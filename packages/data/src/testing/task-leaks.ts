import { nearDuplicates } from "../tasks/near-duplicates.ts";
import type { Example } from "../sources/examples.ts";
import { type SplitName, splitNames } from "../splits/splits.ts";
import { wordsOf } from "../baseline/words.ts";

/** The examples of each split. */
export type Splits = Readonly<Record<SplitName, readonly Example[]>>;

/** What a classifier could learn about a task without understanding it, or memorise. */
export interface TaskLeaks {
  /** Examples with a text that has a near duplicate in another split. */
  nearDuplicates: number;
  /** Groups that are in more than one split. */
  sharedGroups: number;
  /** Test accuracy of the best rule "this word occurs or not", chosen on the training split. */
  singleWord: number;
  /** That word. */
  word: string;
  /** Test accuracy of predicting the most frequent label of texts of that length, in eight classes of length. */
  length: number;
  /** The share of the test split's most frequent label. */
  majority: number;
}

const lengthClasses = 8;

/** Measures what leaks in the splits of a task. */
export function taskLeaks(splits: Splits): TaskLeaks {
  const { train, test } = splits;
  return {
    nearDuplicates: acrossSplits(splits),
    sharedGroups: sharedGroups(splits),
    ...bestSingleWord(train, test),
    length: bestByLength(train, test),
    majority: most(countLabels(test))[1] / test.length,
  };
}

function acrossSplits(splits: Splits): number {
  const examples = splitNames.flatMap((split) =>
    splits[split].map(({ text, textPair }) => ({ split, texts: [text, textPair ?? ""] })),
  );
  const near = new Set<number>();
  for (const side of [0, 1]) {
    const texts = examples.map((e) => e.texts[side] ?? "");
    if (texts.every((text) => text === "")) continue;
    const clusters = nearDuplicates(texts);
    const seen = new Map<number, Set<SplitName>>();
    for (const [i, { split }] of examples.entries()) {
      const cluster = clusters[i] ?? i;
      seen.set(cluster, (seen.get(cluster) ?? new Set()).add(split));
    }
    for (const i of examples.keys()) if ((seen.get(clusters[i] ?? i)?.size ?? 0) > 1) near.add(i);
  }
  return near.size;
}

function sharedGroups(splits: Splits): number {
  const seen = new Map<string, Set<SplitName>>();
  for (const split of splitNames)
    for (const { group } of splits[split])
      if (group !== undefined) seen.set(group, (seen.get(group) ?? new Set()).add(split));
  return [...seen.values()].filter((splits) => splits.size > 1).length;
}

function bestSingleWord(
  train: readonly Example[],
  test: readonly Example[],
): Pick<TaskLeaks, "singleWord" | "word"> {
  const holders = new Map<string, Example[]>();
  for (const example of train)
    for (const word of wordSet(example)) {
      const others = holders.get(word) ?? [];
      if (others.push(example) === 1) holders.set(word, others);
    }
  const labels = countLabels(train);
  let best = { right: -1, word: "", present: "", absent: "" };
  for (const [word, examples] of holders) {
    const there = countLabels(examples);
    const [present, n] = most(there);
    const [absent, m] = most(
      new Map([...labels].map(([label, count]) => [label, count - (there.get(label) ?? 0)])),
    );
    if (n + m > best.right) best = { right: n + m, word, present, absent };
  }
  const has = (e: Example) => wordSet(e).has(best.word);
  const right = test.filter((e) => e.label === (has(e) ? best.present : best.absent));
  return { singleWord: right.length / test.length, word: best.word };
}

/** The words of an example; those of a pair are marked with the text that they are in. */
function wordSet({ text, textPair }: Example): Set<string> {
  if (textPair === undefined) return new Set(wordsOf(text));
  return new Set([
    ...wordsOf(text).map((word) => `1:${word}`),
    ...wordsOf(textPair).map((word) => `2:${word}`),
  ]);
}

function bestByLength(train: readonly Example[], test: readonly Example[]): number {
  const lengthOf = ({ text, textPair = "" }: Example) => text.length + textPair.length;
  const lengths = train.map(lengthOf).sort((a, b) => a - b);
  const bounds = Array.from(
    { length: lengthClasses - 1 },
    (_, i) => lengths[Math.floor(((i + 1) * lengths.length) / lengthClasses)] ?? 0,
  );
  const classOf = (e: Example) => bounds.filter((bound) => lengthOf(e) >= bound).length;
  const labels = Array.from({ length: lengthClasses }, (_, c) =>
    mostFrequent(train.filter((e) => classOf(e) === c)),
  );
  return test.filter((e) => labels[classOf(e)] === e.label).length / test.length;
}

function mostFrequent(examples: readonly Example[]): string {
  return most(countLabels(examples))[0];
}

function countLabels(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function most(counts: ReadonlyMap<string, number>): [label: string, count: number] {
  return [...counts].reduce<[string, number]>((a, b) => (b[1] > a[1] ? b : a), ["", -1]);
}
