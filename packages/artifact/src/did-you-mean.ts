import { closest } from "fastest-levenshtein";

/** The hint for an unknown name: the nearest known one, and all known ones. */
export function didYouMean(name: string, known: readonly string[]): string {
  return `did you mean "${closest(name, known)}"? (known: ${known.join(", ")})`;
}
