import type { Example } from "./source.ts";

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

/** Examples no two of which have the same normalised texts. */
export interface Deduplicated<E> {
  /** The first of each set of equals, in the order given. */
  examples: E[];
  /** How many copies are left out. */
  duplicatesRemoved: number;
  /** How many are left out because copies disagree on the label. */
  conflictsRemoved: number;
}

/**
 * Leaves out copies: examples whose texts, or pairs of texts, are the same when normalised. Where
 * copies have different labels nobody can tell which is right, and any choice would teach or score
 * a guess: all of them go.
 */
export function withoutDuplicates<E extends Example>(examples: readonly E[]): Deduplicated<E> {
  const groups = new Map<string, E[]>();
  for (const example of examples) {
    const key = textKey(example);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [example]);
    else group.push(example);
  }
  const kept: E[] = [];
  let duplicatesRemoved = 0;
  let conflictsRemoved = 0;
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined || group.some(({ label }) => label !== first.label)) {
      conflictsRemoved += group.length;
    } else {
      kept.push(first);
      duplicatesRemoved += group.length - 1;
    }
  }
  return { examples: kept, duplicatesRemoved, conflictsRemoved };
}
