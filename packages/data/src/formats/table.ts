import { didYouMean } from "@sweetspot/artifact";
import { seenText } from "../sources/label-key.ts";
import type { DataNote } from "../sources/source.ts";

/** Rows of named fields, as a file has them. */
export interface Table {
  /** The file; errors begin with it. */
  where: string;
  columns: readonly string[];
  rows: readonly Row[];
  /** What reading found. */
  notes?: readonly DataNote[];
}

export interface Row {
  /** Where it begins in the file, counted from 1, if the file has a line for each. */
  line?: number;
  fields: Readonly<Record<string, unknown>>;
}

/** How errors name a row: its number among the table's rows, and its line in the file. */
export function rowName(index: number, line: number | undefined): string {
  return line === undefined ? `row ${index + 1}` : `row ${index + 1} (line ${line})`;
}

/**
 * Checks that a table has a column.
 *
 * @param role which setting names it
 * @throws RangeError that tells the known columns and the nearest; or that it is there twice
 */
export function requireColumn({ where, columns }: Table, name: string, role: string): void {
  const found = columns.filter((column) => column === name).length;
  if (found === 1) return;
  if (found > 1)
    throw new RangeError(
      `${where}: the column "${name}" (${role}) is there ${found} times; rename all but one`,
    );
  const unseen = columns.find((column) => column !== name && seenText(column) === seenText(name));
  if (unseen !== undefined)
    throw new RangeError(
      `${where}: no column "${name}" (${role}), but one that differs in characters that are not seen; rename it`,
    );
  throw new RangeError(`${where}: no column "${name}" (${role}), ${columnFix(name, columns)}`);
}

/** A header of so many characters or words is rather a row. */
const longName = { characters: 40, words: 5 };

function columnFix(name: string, columns: readonly string[]): string {
  const [only = ""] = columns;
  const separator =
    columns.length === 1 ? [";", "\t", ",", "|"].find((s) => only.includes(s)) : undefined;
  if (separator !== undefined)
    return `its one column is ${JSON.stringify(only)}, so fields seem to be separated by ${JSON.stringify(separator)}; set delimiter, or save it with commas (csv) or tabs (tsv)`;
  const row = columns.some(
    (c) => c.length > longName.characters || c.split(" ").length > longName.words,
  );
  return `${didYouMean(name, columns)}${row ? "; if its first line is a row, set header: false, and name columns by their numbers" : ""}`;
}
