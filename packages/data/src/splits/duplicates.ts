import { disjointSets } from "../disjoint-sets.ts";
import type { Example } from "../sources/examples.ts";

/**
 * The form in which texts are compared: compatibility forms unified (NFKC), case folded, white space
 * collapsed and trimmed.
 */
export function normalisedText(text: string): string {
  // Upper case first, which expands letters such as ß, as case folding does.
  const folded = text.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
  return folded.replaceAll(/\s+/gu, " ").trim();
}

/** A key that is equal for examples with the same normalised text or pair of texts. */
export function textKey({ text, textPair = "" }: Pick<Example, "text" | "textPair">): string {
  return JSON.stringify([text, textPair].map(normalisedText));
}

/** A key that is equal for examples that the encoder reads alike: the same ids and types. */
export function idsKey({
  inputIds,
  tokenTypeIds,
}: {
  inputIds: readonly number[];
  tokenTypeIds: readonly number[];
}): string {
  // A string of bytes is a quarter of the size of the numbers written out.
  const bytes = new Uint8Array(Int32Array.from([...inputIds, ...tokenTypeIds]).buffer);
  return Buffer.from(bytes).toString("latin1");
}

/** Examples without copies. */
export interface Deduplicated<E> {
  /** The first of each set of copies, in the given order. */
  examples: E[];
  /** The number of copies left out. */
  duplicatesRemoved: number;
  /** The number left out because copies disagree on the label. */
  conflictsRemoved: number;
  /** The copies left out, of either kind, whose first key no earlier example has. */
  others: E[];
}

/**
 * Leaves out copies: examples that share a key, directly or through other examples. Copies with different
 * labels are all left out: no one knows which label is right, and any choice would train on or score a
 * guess.
 *
 * @param keysOf the keys of an example; by default its normalised text
 */
export function withoutDuplicates<E extends Example>(
  examples: readonly E[],
  keysOf: (example: E) => readonly string[] = (example) => [textKey(example)],
): Deduplicated<E> {
  const sets = disjointSets(examples.length);
  const owners = new Map<string, number>();
  /** The first of a row's copies found so far. */
  const unlike: boolean[] = [];
  for (const [row, example] of examples.entries()) {
    for (const [k, key] of keysOf(example).entries()) {
      const owner = owners.get(key);
      if (k === 0) unlike.push(owner === undefined);
      if (owner === undefined) owners.set(key, row);
      else sets.join(owner, row);
    }
  }
  const torn = new Set<number>();
  for (const [row, { label }] of examples.entries())
    if (label !== examples[sets.first(row)]?.label) torn.add(sets.first(row));
  const kept: E[] = [];
  const others: E[] = [];
  let conflictsRemoved = 0;
  for (const [row, example] of examples.entries()) {
    const root = sets.first(row);
    if (root === row && !torn.has(row)) {
      kept.push(example);
      continue;
    }
    if (torn.has(root)) conflictsRemoved++;
    if (root !== row && unlike[row] === true) others.push(example);
  }
  const duplicatesRemoved = examples.length - kept.length - conflictsRemoved;
  return { examples: kept, duplicatesRemoved, conflictsRemoved, others };
}
