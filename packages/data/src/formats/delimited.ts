import { CsvError, parse } from "csv-parse/sync";
import { seenText } from "../sources/label-key.ts";
import { columnName, csvOptions, separatorOf } from "./separator.ts";
import type { DataNote } from "../sources/examples.ts";
import { type Row, rowName, type Table } from "./table.ts";

/** How to read a delimited file. */
export interface DelimitedOptions {
  format: "csv" | "tsv";
  /** The separator; by default a tab in TSV, and in CSV what the header suggests. */
  delimiter?: string | undefined;
  /** Whether the first line names the columns; if not, they are named by their numbers, from `1`. */
  header?: boolean | undefined;
  /** Whether fields may be quoted; by default in CSV only. */
  quotes?: boolean | undefined;
}

/**
 * Parses a table from CSV or TSV. The first line names the columns; blank lines are skipped; lines end
 * in LF, CRLF or CR. A first line `sep=;`, as Excel writes it, names the separator.
 *
 * CSV follows RFC 4180: a quoted field may hold commas, line breaks and doubled quotes. The separator
 * may also be a semicolon, a tab or a bar. In TSV a quote is an ordinary character, so a field holds no
 * tab and no line break.
 *
 * Invisible characters are removed from column names, and rows that repeat the header are left out;
 * notes report both, and fields of a TSV that look quoted.
 *
 * @param text the file's content, without a byte order mark
 * @param wanted the columns by which the separator is recognised
 * @throws TypeError that names the row and line if a row has more or fewer fields than the header,
 *   or a quote is misplaced; RangeError if there is no row
 */
export function parseDelimited(
  text: string,
  where: string,
  wanted: readonly string[],
  { format, header = true, quotes = format === "csv", ...options }: DelimitedOptions,
): Table {
  const named = /^sep=(.)(?=[\r\n])/i.exec(text);
  // Leave an empty line in its place, to keep line numbers right.
  const content = named === null ? text : text.slice(named[0].length);
  const shown =
    named?.[1] ?? (format === "csv" ? separatorOf(content, wanted, { header, quotes }) : "\t");
  const delimiter = options.delimiter ?? shown;
  const records = recordsOf(content, where, { delimiter, quotes, header });
  const notes: DataNote[] = [];
  if (format === "csv" && options.delimiter === undefined && delimiter !== ",")
    notes.push({
      kind: "delimiter",
      message: `fields are separated by ${JSON.stringify(delimiter)}`,
    });
  const [first] = records;
  if (first === undefined)
    throw new RangeError(
      `${where}: expected ${header ? "a line that names the columns" : "rows"}, got an empty file`,
    );
  const columns = header
    ? first.fields.map((name) => columnName(name, wanted))
    : first.fields.map((_, i) => String(i + 1));
  const unseen = header ? columns.filter((name, i) => name !== first.fields[i]?.trim()) : [];
  if (unseen.length > 0)
    notes.push({
      kind: "header-unseen",
      message: `the header has invisible characters in ${unseen.map((name) => `"${name}"`).join(", ")}; they are left out`,
      count: unseen.length,
    });
  const rest = header ? records.slice(1) : records;
  const seen = columns.map((name) => seenText(name));
  const rows: Row[] = [];
  let repeated = 0;
  let quoted = 0;
  for (const [i, { line, fields }] of rest.entries()) {
    if (fields.length !== columns.length)
      throw new TypeError(
        `${where}: ${rowName(i, line)}: expected ${columns.length} fields (${columns.join(", ")}), got ${fields.length}; ${fixOf(fields, columns.length, { delimiter, quotes })}`,
      );
    if (header && fields.every((field, c) => seenText(field) === seen[c])) {
      repeated++;
      continue;
    }
    if (!quotes && fields.some(looksQuoted)) quoted++;
    rows.push({ line, fields: Object.fromEntries(columns.map((name, c) => [name, fields[c]])) });
  }
  if (rows.length === 0)
    throw new RangeError(`${where}: no row follows the line that names the columns; add examples`);
  if (repeated > 0)
    notes.push({
      kind: "header-repeated",
      message: `${repeated === 1 ? "a row repeats" : `${repeated} rows repeat`} the header, as in joined files; left out`,
      count: repeated,
    });
  if (quoted > 0)
    notes.push({
      kind: "quotes-kept",
      message: `${quoted === 1 ? "a row has" : `${quoted} rows have`} a field in quotes with doubled quotes in it, as pandas and Excel write them; set quotes: true to unquote them`,
      count: quoted,
    });
  return { where, columns, rows, notes };
}

interface DelimitedRecord {
  /** The line where it starts. */
  line: number;
  fields: string[];
}

function recordsOf(
  text: string,
  where: string,
  { delimiter, quotes, header }: { delimiter: string; quotes: boolean; header: boolean },
): DelimitedRecord[] {
  const records: DelimitedRecord[] = [];
  let linesRead = 0;
  try {
    parse(text, {
      ...csvOptions(delimiter, quotes),
      on_record: (fields: string[], { lines }) => {
        const breaks = fields.reduce(
          (n, field) => n + (field.match(/\r\n|\n|\r/g)?.length ?? 0),
          0,
        );
        records.push({ line: lines - breaks, fields });
        linesRead = lines;
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = cause.code === "CSV_QUOTE_NOT_CLOSED" ? linesRead + 1 : Number(cause["lines"]);
    const index = records.length - (header ? 1 : 0);
    const place = index < 0 ? `header (line ${line})` : rowName(index, line);
    throw new TypeError(`${where}: ${place}: ${quoteProblem(cause.code)}`, { cause });
  }
  return records;
}

/** Whether a field starts and ends with a quote, and quotes inside are doubled. */
function looksQuoted(field: string): boolean {
  if (field.length < 4 || !field.startsWith('"') || !field.endsWith('"')) return false;
  const inner = field.slice(1, -1);
  return inner.includes('""') && !inner.replaceAll('""', "").includes('"');
}

function fixOf(
  fields: readonly string[],
  wanted: number,
  { delimiter, quotes }: { delimiter: string; quotes: boolean },
): string {
  if (!quotes && fields.some((field) => /^"[^"]*$/.test(field)))
    return "if quotes hold its lines together, set quotes: true";
  if (fields.length < wanted) return "add what is missing";
  if (!quotes)
    return `a text must not hold ${delimiter === "\t" ? "a tab" : JSON.stringify(delimiter)}`;
  const name = delimiter === "," ? "commas" : JSON.stringify(delimiter);
  return `put a text that holds ${name} in quotes`;
}

function quoteProblem(code: string): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quoted field is never closed; close it";
  if (code === "CSV_INVALID_CLOSING_QUOTE")
    return "expected a separator or the line's end after a quoted field; double the quotes inside it";
  if (code === "INVALID_OPENING_QUOTE")
    return "a quote inside an unquoted field; quote the whole field and double the quotes inside it";
  return `malformed (${code})`;
}
