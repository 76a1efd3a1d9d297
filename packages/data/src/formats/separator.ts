import { type Options, parse } from "csv-parse/sync";
import { seenText } from "../sources/label-key.ts";

/** The separators in files called `.csv`, the most likely first. */
const separators = [",", ";", "\t", "|"];
/** How many characters and records are read to find the separator. */
const looked = { characters: 1 << 16, records: 20 };

/** How to parse a delimited text. */
export function csvOptions(delimiter: string, quotes: boolean): Options {
  return {
    delimiter,
    quote: quotes ? '"' : null,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    relax_column_count: true,
  };
}

/** A column's name in a header, without invisible characters unless the name with them is wanted. */
export function columnName(written: string, wanted: readonly string[]): string {
  const name = written.trim();
  return wanted.includes(name) ? name : seenText(name);
}

/**
 * Finds the separator of a CSV: the first of comma, semicolon, tab and bar with which the header has the
 * wanted columns. Without a header, where columns are named by their numbers, the first with which the
 * first rows are equally long and have those columns. Otherwise a comma.
 */
export function separatorOf(
  text: string,
  wanted: readonly string[],
  { header, quotes }: { header: boolean; quotes: boolean },
): string {
  const beginning = text.slice(0, looked.characters);
  const fits = (delimiter: string): boolean => {
    const records = firstRecords(beginning, delimiter, { header, quotes });
    const [first = []] = records;
    if (header) {
      const names = new Set(first.map((name) => columnName(name, wanted)));
      return wanted.every((name) => names.has(name));
    }
    return (
      wanted.every((name) => Number(name) <= first.length) &&
      records.every((fields) => fields.length === first.length)
    );
  };
  return separators.find(fits) ?? ",";
}

/** The header or the first rows; none if they cannot be parsed. */
function firstRecords(
  text: string,
  delimiter: string,
  { header, quotes }: { header: boolean; quotes: boolean },
): string[][] {
  const records: string[][] = [];
  try {
    parse(text, {
      ...csvOptions(delimiter, quotes),
      to: header ? 1 : looked.records,
      on_record: (fields: string[]) => {
        records.push(fields);
        return null;
      },
    });
  } catch {
    // The text may be cut within a quoted field; the records before it are whole.
  }
  return records;
}
