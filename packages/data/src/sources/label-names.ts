import { labelKey } from "./label-key.ts";

/** Up to this many classes, their number alone never makes the column look like text. */
const fewLabels = 10;

const collator = new Intl.Collator("en", { numeric: true });

/**
 * The distinct labels of a task in the order of the logits: numbers by value, other names in
 * alphabetical order with numbers in them by value (`step 2` before `step 10`).
 *
 * @param where names the task in errors
 * @throws RangeError if there are fewer than two, if two differ only in case, or if there are too many
 *   to be classes
 */
export function labelNames(labels: readonly string[], where: string): string[] {
  const names = [...new Set(labels)];
  const numbers = names.every((name) => Number.isFinite(Number(name)));
  names.sort(
    (a, b) =>
      (numbers ? Number(a) - Number(b) : collator.compare(a, b)) || (a < b ? -1 : a > b ? 1 : 0),
  );
  if (names.length < 2) {
    throw new RangeError(
      `${where}: expected at least two labels, but all ${labels.length} examples are "${names[0]}"; add examples of another`,
    );
  }
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = labelKey(name).toLowerCase();
    const other = seen.get(key);
    if (other !== undefined)
      throw new RangeError(
        `${where}: the labels "${other}" and "${name}" differ only in case; spell them the same`,
      );
    seen.set(key, name);
  }
  if (names.length > Math.max(fewLabels, labels.length / 2)) {
    throw new RangeError(
      `${where}: ${names.length} different labels in ${labels.length} examples, such as "${names[0]}"; name the column of the label`,
    );
  }
  return names;
}
