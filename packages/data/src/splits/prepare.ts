import { type Deduplicated, idsKey, textKey, withoutDuplicates } from "./duplicates.ts";
import { countsOf } from "../groups.ts";
import { labelNames } from "../sources/label-names.ts";
import type { Example, TaskExamples } from "../sources/examples.ts";
import { type SplitName, splitNames, splitRows, type SplitSizes } from "./splits.ts";
import type { EncodedText, TextTokenizer } from "@sweetspot/tokenizer";

/** An example with its ids. */
export type EncodedExample = Example & EncodedText;

/** Prepared text: four disjoint splits, and counts of what was left out. */
export interface Prepared {
  /** In the order of the logits. */
  labels: string[];
  splits: Record<SplitName, EncodedExample[]>;
  /** The counts over all splits. */
  counts: Counts;
  splitCounts: Record<SplitName, Counts>;
  removed: Removed;
}

/** Counts over a set of examples. */
export type Counts = {
  examples: number;
  perLabel: Record<string, number>;
  /** Including special tokens. */
  tokens: number;
  /** Tokens of the longest example. */
  longest: number;
  /** Examples cut to the maximum length. */
  truncated: number;
  /** Examples whose tokens are all unknown to the vocabulary. */
  unknownOnly: number;
};

/** How many examples were left out, and why. */
export type Removed = {
  withoutLabel: number;
  emptyRemoved: number;
  duplicatesRemoved: number;
  conflictsRemoved: number;
  /** Copies of both kinds whose text differs but whose ids are the same. */
  sameIdsRemoved?: number;
  /** Those of them that were cut: they start the same. */
  sameBeginningRemoved?: number;
  /** Examples that are also official test examples, or share a group with one. */
  testCopiesRemoved?: number;
  /** Examples left out because the rest of their group is held out; present if examples have groups. */
  groupRestRemoved?: number;
};

/**
 * Tokenises examples, leaves out empty ones and copies, and splits the rest. Copies have the same
 * normalised text or the same ids; for examples of unknown tokens only, whose ids say nothing about the
 * text, only the text counts.
 *
 * @param maxLength the most tokens of an example, special ones included
 * @throws RangeError that starts with the task's name if nothing is left, there are fewer than two
 *   labels, too few examples for the splits, a label without a training example, or a label that is not
 *   one of the task's classes
 */
export function prepareSplits(
  source: TaskExamples,
  tokenizer: TextTokenizer,
  { maxLength, seed, ...sizes }: SplitSizes & { maxLength: number; seed: number },
): Prepared {
  const where = source.name;
  const encode = (example: Example): EncodedExample =>
    Object.assign({ ...example }, tokenizer.encode(example.text, example.textPair, { maxLength }));
  const encoded = source.examples.map(encode);
  const texts = encoded.filter((e) => !e.empty);
  if (texts.length === 0) {
    throw new RangeError(
      `${where}: all of its ${encoded.length} texts are empty; name the column of the text`,
    );
  }
  if (texts.every((e) => e.unknown)) {
    throw new RangeError(
      `${where}: none of its ${texts.length} texts has a token that the vocabulary knows; choose an encoder for its language`,
    );
  }
  const test = source.test?.map(encode);
  const byText = source.copiesByText === true;
  const keysOf = (e: EncodedExample): string[] =>
    byText || e.empty || e.unknown ? [textKey(e)] : [textKey(e), idsKey(e)];
  const tested = new Set<string>();
  for (const example of test ?? []) for (const key of keysOf(example)) tested.add(key);
  const copies = withoutDuplicates(texts, keysOf);
  const { examples: unique, duplicatesRemoved, conflictsRemoved } = copies;
  const testedGroups = new Set(test?.flatMap((e) => e.group ?? []));
  const examples = unique.filter(
    (e) =>
      !(tested.size > 0 && keysOf(e).some((key) => tested.has(key))) &&
      (e.group === undefined || !testedGroups.has(e.group)),
  );
  const all = [...examples, ...(test ?? [])];
  const classes = (some: readonly Example[]) => new Set(some.map((e) => e.label)).size;
  const lost = classes(texts) > 1 && classes(all) < 2;
  if (examples.length === 0 || lost) {
    const testCopies = unique.length - examples.length;
    throw new RangeError(`${where}: ${whyFewLeft(examples, texts.length, copies, testCopies)}`);
  }
  const namesOf = (some: readonly Example[]) => some.map((e) => e.label);
  const labels = [...(source.labels ?? labelNames(namesOf(all), where))];
  const known = new Set(labels);
  const other = all.find(({ label }) => !known.has(label));
  if (other !== undefined) {
    throw new RangeError(
      `${where}: expected one of the classes ${labels.slice(0, 10).join(", ")}, got the label "${other.label}"; spell it as one of them`,
    );
  }
  const indices = (some: readonly Example[]) => labelIndices(namesOf(some), labels);
  const grouped = examples.some((e) => e.group !== undefined);
  const rows = splitRows(
    indices(examples),
    sizes,
    { seed, where },
    test && indices(test),
    grouped ? examples.map((e) => e.group) : undefined,
  );
  const splits = bySplit((split) => {
    const pool = split === "test" && test !== undefined ? test : examples;
    return rows[split].flatMap((row) => pool[row] ?? []);
  });
  const counts = count(all, labels);
  const splitCounts = bySplit((split) => count(splits[split], labels));
  const untrained = labels.find((label) => splitCounts.train.perLabel[label] === 0);
  if (untrained !== undefined) {
    throw new RangeError(
      `${where}: no example of the label "${untrained}" is left to train on (${counts.perLabel[untrained]} of ${counts.examples} examples have it, ${splitCounts.train.examples} are trained on); add examples of it, raise trainSize, or leave the label out`,
    );
  }
  return {
    labels,
    splits,
    counts,
    splitCounts,
    removed: {
      withoutLabel: source.withoutLabel,
      emptyRemoved: encoded.length - texts.length,
      duplicatesRemoved,
      conflictsRemoved,
      ...(copies.others.length > 0 && {
        sameIdsRemoved: copies.others.length,
        sameBeginningRemoved: copies.others.filter((e) => e.truncated).length,
      }),
      ...(test !== undefined && { testCopiesRemoved: unique.length - examples.length }),
      ...(grouped && { groupRestRemoved: rows.leftOut }),
    },
  };
}

/** The error's text if, without copies, no examples are left or those of one label. */
function whyFewLeft(
  examples: readonly Example[],
  texts: number,
  { duplicatesRemoved, conflictsRemoved, others }: Deduplicated<Example>,
  testCopies: number,
): string {
  if (conflictsRemoved === texts && others.length === 0)
    return `each of its ${texts} texts occurs with different labels; name the column of the label`;
  const [first] = examples;
  const left =
    examples.length < 2 ? `${first === undefined ? "none" : 1} is` : `${examples.length} are`;
  const parts = [
    [duplicatesRemoved, "copies"],
    [conflictsRemoved, "copies whose labels disagree"],
    [testCopies, "copies of test examples"],
  ] as const;
  const removed = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  const fix =
    others.length > (texts - examples.length) / 2
      ? `the encoder reads ${others.length} of them as it reads another text; choose one that knows their words, or raise maxLength`
      : testCopies > texts / 2
        ? "test on other examples than those that are trained on"
        : "name the columns of the text and the label";
  return `of its ${texts} texts ${left} left${first === undefined ? "" : `, each "${first.label}"`}, without ${removed.join(", ")}; ${fix}`;
}

/** The index of each name in `labels`. */
export function labelIndices(names: readonly string[], labels: readonly string[]): number[] {
  const indices = new Map(labels.map((label, i) => [label, i]));
  return names.map((name) => indices.get(name) ?? -1);
}

function bySplit<T>(value: (split: SplitName) => T): Record<SplitName, T> {
  return Object.fromEntries(splitNames.map((split) => [split, value(split)])) as Record<
    SplitName,
    T
  >;
}

function count(examples: readonly EncodedExample[], labels: readonly string[]): Counts {
  const perLabel = countsOf(examples.map((e) => e.label));
  return {
    examples: examples.length,
    perLabel: Object.fromEntries(labels.map((label) => [label, perLabel.get(label) ?? 0])),
    tokens: examples.reduce((sum, e) => sum + e.inputIds.length, 0),
    longest: examples.reduce((longest, e) => Math.max(longest, e.inputIds.length), 0),
    truncated: examples.filter((e) => e.truncated).length,
    unknownOnly: examples.filter((e) => e.unknown).length,
  };
}
