import { closest } from "fastest-levenshtein";

/** What an error says of a name that nobody knows: the nearest one that is known, and all of them. */
export function didYouMean(name: string, known: readonly string[]): string {
  return `did you mean "${closest(name, known)}"? (known: ${known.join(", ")})`;
}
