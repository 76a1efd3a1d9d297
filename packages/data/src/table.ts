import { didYouMean } from "@sweetspot/artifact";

/** Rows of named fields, as a file has them. */
export interface Table {
  /** The file; errors begin with it. */
  where: string;
  columns: readonly string[];
  rows: readonly Row[];
}

export interface Row {
  /** Where it begins in the file, counted from 1. */
  line: number;
  fields: Readonly<Record<string, unknown>>;
}

/** How errors name a row: its number among the table's rows, and its line in the file. */
export function rowName(index: number, line: number): string {
  return `row ${index + 1} (line ${line})`;
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
  const [only = ""] = columns;
  const separator =
    columns.length === 1 ? [";", "\t", ",", "|"].find((s) => only.includes(s)) : undefined;
  const fix =
    separator === undefined
      ? didYouMean(name, columns)
      : `its one column is ${JSON.stringify(only)}, so fields seem to be separated by ${JSON.stringify(separator)}; save it with commas (csv) or tabs (tsv)`;
  throw new RangeError(`${where}: no column "${name}" (${role}), ${fix}`);
}
