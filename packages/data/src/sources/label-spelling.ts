import { countsOf, groupsBy } from "../groups.ts";
import type { DataNote, Example, TaskExamples } from "./examples.ts";
import { labelKey, looksMissing, shownLabel } from "./label-key.ts";

/**
 * Gives labels that mean the same (`labelKey`) one name: the most frequent spelling, of equals the
 * first, without invisible characters. Classes that the source names but that have no example are
 * dropped. Notes say what was merged or dropped, and which labels look like missing values.
 */
export function withOneSpelling(source: TaskExamples): TaskExamples {
  const spellings = spellingsOf(source);
  const names = new Map(Array.from(spellings, ([key, { name }]) => [key, name]));
  const nameOf = (label: string) => names.get(labelKey(label)) ?? label;
  const renamed = (examples: readonly Example[]) =>
    examples.map((example) => {
      const label = nameOf(example.label);
      return label === example.label ? example : { ...example, label };
    });
  const kept = source.labels?.filter((label) => spellings.has(labelKey(label)));
  const unused = source.labels?.filter((label) => !spellings.has(labelKey(label))) ?? [];
  return {
    ...source,
    examples: renamed(source.examples),
    ...(source.test !== undefined && { test: renamed(source.test) }),
    ...(kept !== undefined && { labels: [...new Set(kept.map(nameOf))] }),
    notes: [...(source.notes ?? []), ...notesOf(spellings), ...unused.map(unusedNote)],
  };
}

interface Spellings {
  name: string;
  /** Spelling -> number of examples, in the order of first occurrence. */
  counts: Map<string, number>;
}

function spellingsOf({ examples, test = [] }: TaskExamples): Map<string, Spellings> {
  const labels = countsOf([...examples, ...test].map((e) => e.label));
  const keyed = groupsBy(labels, ([label]) => labelKey(label));
  return new Map(
    Array.from(keyed, ([key, counts]) => {
      const [label] = counts.reduce((most, other) => (other[1] > most[1] ? other : most));
      return [key, { name: shownLabel(label), counts: new Map(counts) }];
    }),
  );
}

function notesOf(spellings: ReadonlyMap<string, Spellings>): DataNote[] {
  const notes: DataNote[] = [];
  for (const { name, counts } of spellings.values()) {
    const count = [...counts.values()].reduce((a, b) => a + b, 0);
    if (counts.size > 1)
      notes.push({
        kind: "label-spellings",
        message: `the labels ${listed(counts)} are one class, "${name}"`,
        count,
      });
    if (looksMissing(name))
      notes.push({
        kind: "label-missing",
        message: `the label "${name}" is a class of ${count} example${count === 1 ? "" : "s"}; if it means a missing label, empty those cells (in JSON, write null) to leave them out`,
        count,
      });
  }
  return notes;
}

/** The first few spellings, with invisible characters escaped. */
function listed(counts: ReadonlyMap<string, number>): string {
  const shown = Array.from(counts.keys(), (label) =>
    JSON.stringify(label).replaceAll(
      /[\p{Cf}\p{Default_Ignorable_Code_Point}\u00a0]/gu,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
  const more = shown.length - 5;
  return more > 0 ? `${shown.slice(0, 5).join(", ")} and ${more} more` : shown.join(", ");
}

function unusedNote(label: string): DataNote {
  return {
    kind: "label-unused",
    message: `the class "${label}" has no example, so it is left out`,
  };
}
