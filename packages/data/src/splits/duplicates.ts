import type { Example } from "../sources/source.ts";

/**
 * What texts are compared by: compatibility forms unified (NFKC), case folded, each stretch of
 * white space one space, none at the ends.
 */
export function normalisedText(text: string): string {
  // Upper case first: it expands letters such as ß, as case folding does.
  const folded = text.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
  return folded.replaceAll(/\s+/gu, " ").trim();
}

/** Equal for examples whose texts, or pairs of texts, are the same when normalised. */
export function textKey({ text, textPair = "" }: Pick<Example, "text" | "textPair">): string {
  return JSON.stringify([text, textPair].map(normalisedText));
}

/** Equal for examples that the encoder reads as the same: their ids and types are. */
export function idsKey({
  inputIds,
  tokenTypeIds,
}: {
  inputIds: readonly number[];
  tokenTypeIds: readonly number[];
}): string {
  // A string of a byte each is a quarter of the size of the numbers written out.
  const bytes = new Uint8Array(Int32Array.from([...inputIds, ...tokenTypeIds]).buffer);
  return Buffer.from(bytes).toString("latin1");
}

/** Examples no two of which are copies. */
export interface Deduplicated<E> {
  /** The first of each set of copies, in the order given. */
  examples: E[];
  /** How many copies are left out. */
  duplicatesRemoved: number;
  /** How many are left out because copies disagree on the label. */
  conflictsRemoved: number;
  /** The copies that are left out, of either kind, that share no first key with one that comes before them. */
  others: E[];
}

/**
 * Leaves out copies: examples that have a key in common, or each a key in common with a third. Where
 * copies have different labels nobody can tell which is right, and any choice would teach or score a
 * guess: all of them go.
 *
 * @param keysOf by default the normalised texts are the one key
 */
export function withoutDuplicates<E extends Example>(
  examples: readonly E[],
  keysOf: (example: E) => readonly string[] = (example) => [textKey(example)],
): Deduplicated<E> {
  const first = Int32Array.from(examples.keys());
  const owners = new Map<string, number>();
  /** The first of the copies that are known so far. */
  const find = (row: number): number => {
    let root = row;
    while (first[root] !== root) root = first[root] ?? root;
    for (let at = row; at !== root;) {
      const next = first[at] ?? root;
      first[at] = root;
      at = next;
    }
    return root;
  };
  const unlike: boolean[] = [];
  for (const [row, example] of examples.entries()) {
    for (const [k, key] of keysOf(example).entries()) {
      const owner = owners.get(key);
      if (k === 0) unlike.push(owner === undefined);
      if (owner === undefined) {
        owners.set(key, row);
        continue;
      }
      const [a, b] = [find(owner), find(row)];
      first[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const torn = new Set<number>();
  for (const [row, { label }] of examples.entries())
    if (label !== examples[find(row)]?.label) torn.add(find(row));
  const kept: E[] = [];
  const others: E[] = [];
  let conflictsRemoved = 0;
  for (const [row, example] of examples.entries()) {
    const root = find(row);
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
