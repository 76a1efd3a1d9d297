import { CsvError, parse } from "csv-parse/sync";
import { type Row, rowName, type Table } from "./table.ts";

const delimiters = { csv: ",", tsv: "\t" } as const;

/**
 * A table from CSV or TSV. The first line names the columns; blank lines are skipped; lines may end
 * in LF, CRLF or CR.
 *
 * CSV is as in RFC 4180: a field may be quoted, and may then hold commas, line breaks and doubled
 * quotes. In TSV a quote is a character like any other, so a field holds no tab and no line break.
 *
 * @param text the file's content, without a byte order mark
 * @throws TypeError that names the row and line if a row has more or fewer fields than the header,
 *   or a quote is misplaced; RangeError if there is no row
 */
export function parseDelimited(text: string, format: "csv" | "tsv", where: string): Table {
  const records: { line: number; fields: string[] }[] = [];
  let linesRead = 0;
  try {
    parse(text, {
      delimiter: delimiters[format],
      quote: format === "csv" ? '"' : null,
      record_delimiter: ["\r\n", "\n", "\r"],
      skip_empty_lines: true,
      relax_column_count: true,
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
    const place =
      records.length === 0 ? `header (line ${line})` : rowName(records.length - 1, line);
    throw new TypeError(`${where}: ${place}: ${quoteProblem(cause.code)}`, { cause });
  }
  const [header, ...rest] = records;
  if (header === undefined)
    throw new RangeError(`${where}: expected a line that names the columns, got an empty file`);
  const columns = header.fields.map((name) => name.trim());
  if (rest.length === 0)
    throw new RangeError(`${where}: no row follows the line that names the columns; add examples`);
  const rows = rest.map(({ line, fields }, i): Row => {
    if (fields.length !== columns.length) {
      const fix =
        fields.length < columns.length
          ? "add what is missing"
          : format === "csv"
            ? "put a text that holds commas in quotes"
            : "a text may hold no tab";
      throw new TypeError(
        `${where}: ${rowName(i, line)}: expected ${columns.length} fields (${columns.join(", ")}), got ${fields.length}; ${fix}`,
      );
    }
    return { line, fields: Object.fromEntries(columns.map((name, c) => [name, fields[c]])) };
  });
  return { where, columns, rows };
}

function quoteProblem(code: string): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quoted field is never closed; close it";
  if (code === "CSV_INVALID_CLOSING_QUOTE")
    return "expected a comma or the line's end after a quoted field; double the quotes inside it";
  if (code === "INVALID_OPENING_QUOTE")
    return "a quote inside an unquoted field; quote the whole field and double the quotes inside it";
  return `malformed (${code})`;
}
