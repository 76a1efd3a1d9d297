import { countsOf } from "../groups.ts";
import type { Prepared } from "./prepare.ts";
import type { DataNote, TaskExamples } from "../sources/examples.ts";
import { type SplitName, splitNames } from "./splits.ts";

/** A class with fewer examples can hardly be learned, and its test accuracy says little. */
const fewExamples = 5;
/** A note is made from these shares on. */
const shares = { copies: 0.1, cut: 0.1, constant: 0.95, unknown: 0.05 };
/** The most labels that a note names. */
const mostNamed = 5;

/**
 * Lists what to know about the data before training on it: notes made while reading (`source.notes`);
 * classes with fewer than 5 examples, or none in a held-out split; over a tenth of the examples left out
 * as copies, or cut; a text or a label that is the same in over 95% of the examples; over 5% unknown
 * tokens. A pure function.
 *
 * @param source the examples as read, from which `prepared` was made
 * @param unknownId the id of unknown tokens, if the vocabulary has one
 */
export function dataReport(
  source: TaskExamples,
  prepared: Prepared,
  unknownId?: number,
): DataNote[] {
  return [
    ...(source.notes ?? []),
    ...classNotes(prepared),
    ...copyNotes(source, prepared),
    ...cutNote(prepared),
    ...constantNotes(source),
    ...unknownNote(prepared, unknownId),
  ];
}

function classNotes({ labels, counts, splitCounts }: Prepared): DataNote[] {
  const of = (label: string) => counts.perLabel[label] ?? 0;
  const rare = labels.filter((label) => of(label) < fewExamples);
  return [
    ...note(
      "class-rare",
      rare.length,
      `fewer than ${fewExamples} examples of ${named(rare, (label) => `"${label}" (${of(label)})`)}: add examples, or leave the class out`,
    ),
    ...splitNames.flatMap((split) => {
      const missing = labels.filter((label) => (splitCounts[split].perLabel[label] ?? 0) === 0);
      return note(
        "class-not-in-split",
        missing.length,
        `no example of ${named(missing, (label) => `"${label}"`)} in the split ${split}, so ${withoutIt[split]}`,
      );
    }),
  ];
}

const withoutIt: Readonly<Record<SplitName, string>> = {
  train: "it is never learned",
  calibration: "confidences are not calibrated on it",
  threshold: "thresholds are chosen without it",
  test: "results say nothing about it",
};

function copyNotes({ examples }: TaskExamples, { removed }: Prepared): DataNote[] {
  const copies = removed.duplicatesRemoved + removed.conflictsRemoved;
  const { sameIdsRemoved = 0, sameBeginningRemoved = 0 } = removed;
  return [
    ...note(
      "copies",
      copies > shares.copies * examples.length ? copies : 0,
      `${percent(copies / examples.length)} of the examples are left out as copies`,
    ),
    ...note(
      "copies-same-ids",
      sameIdsRemoved,
      `${sameIdsRemoved} of the copies left out differ in text, but the encoder reads the same ids${sameBeginningRemoved > 0 ? `; ${sameBeginningRemoved} of them start the same and were cut: a larger maxLength distinguishes them` : ""}`,
    ),
  ];
}

function cutNote({ counts }: Prepared): DataNote[] {
  const { truncated, examples } = counts;
  if (truncated <= shares.cut * examples) return [];
  return note(
    "truncated",
    truncated,
    `${percent(truncated / examples)} of the examples are cut: a larger maxLength keeps more of them`,
  );
}

function constantNotes({ examples, test = [] }: TaskExamples): DataNote[] {
  const notes: DataNote[] = [];
  const columns = { text: "text", textPair: "second text", label: "label" } as const;
  const total = examples.length + test.length;
  for (const [column, name] of Object.entries(columns) as [keyof typeof columns, string][]) {
    for (const [value, count] of countsOf([...examples, ...test].map((e) => e[column]))) {
      if (value === undefined || count <= shares.constant * total) continue;
      const shown = value.length > 40 ? `${value.slice(0, 40)}...` : value;
      notes.push({
        kind: "near-constant",
        message: `the ${name} of ${percent(count / total)} of the examples is ${JSON.stringify(shown)}`,
        count,
      });
    }
  }
  return notes;
}

function unknownNote({ counts, splits }: Prepared, unknownId: number | undefined): DataNote[] {
  if (unknownId === undefined) return [];
  let unknown = 0;
  let tokens = 0;
  for (const split of splitNames)
    for (const { inputIds } of splits[split]) {
      tokens += inputIds.length;
      for (const id of inputIds) if (id === unknownId) unknown++;
    }
  if (unknown <= shares.unknown * tokens) return [];
  const alone = counts.unknownOnly > 0 ? `, ${counts.unknownOnly} examples have no other` : "";
  return note(
    "unknown-tokens",
    unknown,
    `${percent(unknown / tokens)} of the tokens are unknown to the vocabulary${alone}: choose an encoder for this language`,
  );
}

/** A note of something that occurs; none if its count is 0. */
function note(kind: string, count: number, message: string): DataNote[] {
  return count > 0 ? [{ kind, message, count }] : [];
}

function named(labels: readonly string[], show: (label: string) => string): string {
  const shown = labels.slice(0, mostNamed).map(show).join(", ");
  const more = labels.length - mostNamed;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0)}%`;
}
