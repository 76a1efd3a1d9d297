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

/** Examples no two of which have the same normalised texts. */
export interface Deduplicated {
  examples: Example[];
  /** Copies left out, the first of equals kept. */
  duplicatesRemoved: number;
  /** Examples left out because their copies disagree on the label: none of them is kept. */
  conflictsRemoved: number;
}

/**
 * Leaves out copies. Where copies have different labels, nobody can tell which is right, and either
 * choice would teach or score a guess: all of them go.
 */
export function withoutDuplicates(examples: readonly Example[]): Deduplicated {
  const groups = new Map<string, Example[]>();
  for (const example of examples) {
    const key = JSON.stringify([example.text, example.textPair ?? ""].map(normalisedText));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [example]);
    else group.push(example);
  }
  const result: Deduplicated = { examples: [], duplicatesRemoved: 0, conflictsRemoved: 0 };
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    if (group.some(({ label }) => label !== first.label)) {
      result.conflictsRemoved += group.length;
    } else {
      result.examples.push(first);
      result.duplicatesRemoved += group.length - 1;
    }
  }
  return result;
}
