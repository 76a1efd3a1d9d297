import { didYouMean } from "@sweetspot/artifact";
import { seenText } from "../sources/label-key.ts";
import type { DataNote } from "../sources/examples.ts";

/** Rows of named fields, as read from a file. */
export interface Table {
  /** The file; errors start with it. */
  where: string;
  columns: readonly string[];
  rows: readonly Row[];
  /** The names of the classes of a column that holds their numbers, as parquet files say. */
  classes?: Readonly<Record<string, readonly string[]>>;
  /** Notes made while reading. */
  notes?: readonly DataNote[];
}

export interface Row {
  /** The line where it starts, from 1, if the file has lines. */
  line?: number;
  fields: Readonly<Record<string, unknown>>;
}

/** A row's name in errors: its number in the table, and its line in the file. */
export function rowName(index: number, line: number | undefined): string {
  return line === undefined ? `row ${index + 1}` : `row ${index + 1} (line ${line})`;
}

/**
 * Checks that a table has a column.
 *
 * @param role the setting that names it
 * @throws RangeError that suggests the nearest column and lists all, or that says it occurs twice
 */
export function requireColumn({ where, columns }: Table, name: string, role: string): void {
  const found = columns.filter((column) => column === name).length;
  if (found === 1) return;
  if (found > 1)
    throw new RangeError(
      `${where}: the column "${name}" (${role}) occurs ${found} times; rename all but one`,
    );
  const unseen = columns.find((column) => column !== name && seenText(column) === seenText(name));
  if (unseen !== undefined)
    throw new RangeError(
      `${where}: no column "${name}" (${role}), but one that differs only in invisible characters; rename it`,
    );
  throw new RangeError(`${where}: no column "${name}" (${role}), ${columnFix(name, columns)}`);
}

/** A column name with this many characters or words suggests that the header is a row. */
const longName = { characters: 40, words: 5 };

function columnFix(name: string, columns: readonly string[]): string {
  const [only = ""] = columns;
  const separator =
    columns.length === 1 ? [";", "\t", ",", "|"].find((s) => only.includes(s)) : undefined;
  if (separator !== undefined)
    return `its only column is ${JSON.stringify(only)}, so fields seem to be separated by ${JSON.stringify(separator)}; set delimiter, or save it with commas (csv) or tabs (tsv)`;
  const row = columns.some(
    (c) => c.length > longName.characters || c.split(" ").length > longName.words,
  );
  return `${didYouMean(name, columns)}${row ? "; if its first line is a row, set header: false, and name columns by their numbers" : ""}`;
}
