import { shuffled } from "@sweetspot/statistics";
import type { Example } from "../sources/examples.ts";

/** Two texts that belong together. */
export interface Matched {
  text: string;
  textPair: string;
  /** Only texts of the same kind are exchanged. */
  kind: string;
}

/**
 * Makes a task of pairs: half of the items as they are, labelled `match`, and the other half with their
 * second texts exchanged, labelled `mismatch`. So each text is used once, and neither text alone says
 * anything about the label.
 *
 * @param mayMix whether an item may get the second text of another
 * @returns in random order; an item for which no second text remains is left out, and with it one of the
 *   other label
 */
export function matchTask<T extends Matched>(
  items: readonly T[],
  mayMix: (item: T, other: T) => boolean,
  random: () => number,
): Example[] {
  const examples = [...new Set(items.map((item) => item.kind))].flatMap((kind): Example[] => {
    const ofKind = shuffled(
      items.filter((item) => item.kind === kind),
      random,
    );
    const half = Math.floor(ofKind.length / 2);
    const mixed = exchanged(ofKind.slice(half, 2 * half), mayMix, random);
    const kept = ofKind.slice(0, mixed.length);
    return [...kept.map(({ text, textPair }) => ({ text, textPair, label: "match" })), ...mixed];
  });
  return shuffled(examples, random);
}

function exchanged<T extends Matched>(
  items: readonly T[],
  mayMix: (item: T, other: T) => boolean,
  random: () => number,
): Example[] {
  const others = shuffled(items, random);
  return items.flatMap((item) => {
    const at = others.findIndex((other) => other !== item && mayMix(item, other));
    const [other] = at < 0 ? [] : others.splice(at, 1);
    return other === undefined
      ? []
      : [{ text: item.text, textPair: other.textPair, label: "mismatch" }];
  });
}
