import { extname } from "node:path";
import { sha256OfFile } from "@sweetspot/artifact";
import { parseDelimited } from "../formats/delimited.ts";
import { parseJsonLines, typeName } from "../formats/json-lines.ts";
import { readParquet } from "../formats/parquet.ts";
import type { DataNote, Example, TaskExamples } from "./examples.ts";
import { seenText } from "./label-key.ts";
import { withOneSpelling } from "./label-spelling.ts";
import { requireColumn, rowName, type Table } from "../formats/table.ts";
import { readTextFile, whyUnreadable } from "../formats/text-file.ts";

/** Your own file of labelled text. */
export interface OwnFile {
  /** Relative to the current directory. */
  file: string;
  /** By default follows the file's extension: `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json` or `.parquet`. */
  format?: "csv" | "tsv" | "jsonl" | "parquet" | undefined;
  /** The separator of a CSV or TSV file; by default a tab in TSV, and in CSV what the header suggests. */
  delimiter?: string | undefined;
  /** Whether a CSV or TSV file starts with a line of column names (default true); if not, columns are named `1`, `2` and so on. */
  header?: boolean | undefined;
  /** Whether fields may be quoted; by default true for CSV and false for TSV. */
  quotes?: boolean | undefined;
  /** The column, or JSON key, of the text. */
  text: string;
  /** The column of the second text, for sentence pairs. */
  textPair?: string | undefined;
  /** The column of the label. */
  label: string;
  /** The expected sha256 of the file, in hexadecimal. */
  sha256?: string | undefined;
  /** A second file with the same columns; the test split is made from it, the others from the first. */
  testFile?: string | undefined;
  /** The expected sha256 of the second file. */
  testSha256?: string | undefined;
}

/**
 * Reads your own file of labelled text: CSV, TSV, JSON Lines or a JSON array, in UTF-8, or parquet.
 *
 * @returns the examples in the file's order; rows without a label are left out and counted, and labels
 *   that mean the same are merged (`withOneSpelling`)
 * @throws Error, TypeError or RangeError that names the file and, if known, the row, its line and the
 *   field, and says what to do
 */
export async function readOwnFile(settings: OwnFile): Promise<TaskExamples> {
  const { file, testFile } = settings;
  // Report an unknown extension before a missing file.
  if (settings.format === undefined) for (const f of [file, testFile ?? file]) formatOf(f);
  const sha256 = await checkedSha256(file, settings.sha256, "sha256");
  const train = await readTable(file, settings);
  const labels = train.classes?.[settings.label];
  const source = { ...examplesOf(train, settings), sha256, ...(labels && { labels }) };
  if (testFile === undefined) return withOneSpelling(source);
  await checkedSha256(testFile, settings.testSha256, "testSha256");
  const test = examplesOf(await readTable(testFile, settings), settings);
  return withOneSpelling({
    ...source,
    test: test.examples,
    withoutLabel: source.withoutLabel + test.withoutLabel,
    notes: [...(source.notes ?? []), ...notesIn("testFile", test)],
  });
}

/** A file's hash. @throws Error if it is not the expected one */
async function checkedSha256(
  file: string,
  expected: string | undefined,
  setting: string,
): Promise<string> {
  const sha256 = await sha256OfFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${file}: ${whyUnreadable(cause)}`, { cause });
  });
  if (expected === undefined || expected === sha256) return sha256;
  throw new Error(
    `${file}: expected sha256 ${expected}, got ${sha256}; the file has changed: plan again, or correct ${setting}`,
  );
}

/** The columns of a task, and how to read its file. */
type Columns = Pick<
  OwnFile,
  "text" | "textPair" | "label" | "format" | "delimiter" | "header" | "quotes"
>;

/**
 * Reads the table in a file, whose format follows from its extension unless `format` is given.
 *
 * @throws Error, TypeError or RangeError that names the file
 */
export async function readTable(file: string, columns: Columns): Promise<Table> {
  const { text, textPair, label, delimiter, header, quotes } = columns;
  const format = columns.format ?? formatOf(file);
  const wanted = [text, label, ...(textPair === undefined ? [] : [textPair])];
  if (format === "parquet" || format === "jsonl") {
    const [other] =
      Object.entries({ delimiter, header, quotes }).find((e) => e[1] !== undefined) ?? [];
    if (other !== undefined)
      throw new RangeError(
        `${file}: ${other}: is only for csv and tsv files, got ${format}; remove it`,
      );
  }
  if (format === "parquet") return readParquet(file, wanted);
  const content = await readTextFile(file);
  return format === "jsonl"
    ? parseJsonLines(content, file)
    : parseDelimited(content, file, wanted, { format, delimiter, header, quotes });
}

const formats: Readonly<Record<string, "csv" | "tsv" | "jsonl" | "parquet">> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".json": "jsonl",
  ".parquet": "parquet",
};

function formatOf(file: string): "csv" | "tsv" | "jsonl" | "parquet" {
  const extension = extname(file).toLowerCase();
  const format = formats[extension];
  if (format !== undefined) return format;
  if ([".gz", ".bz2", ".zst", ".xz", ".zip"].includes(extension))
    throw new RangeError(
      `${file}: is compressed (${extension}); unpack it first and name the file inside`,
    );
  throw new RangeError(
    `${file}: its name does not end in .csv, .tsv, .jsonl, .ndjson, .json or .parquet; set format to csv, tsv, jsonl or parquet`,
  );
}

/** The labelled examples of a table. @throws TypeError or RangeError that names the file, the row and the field */
export function examplesOf(
  table: Table,
  { text, textPair, label }: Pick<OwnFile, "text" | "textPair" | "label">,
): TaskExamples {
  requireColumn(table, text, "text");
  if (textPair !== undefined) requireColumn(table, textPair, "textPair");
  requireColumn(table, label, "label");
  const examples: Example[] = [];
  let withoutLabel = 0;
  for (const [i, { line, fields }] of table.rows.entries()) {
    const place = `${table.where}: ${rowName(i, line)}`;
    const name = labelIn(fields, label, place);
    if (name === undefined) {
      withoutLabel++;
      continue;
    }
    examples.push({
      text: textIn(fields, text, place),
      ...(textPair === undefined ? {} : { textPair: textIn(fields, textPair, place) }),
      label: name,
    });
  }
  if (examples.length === 0) {
    throw new RangeError(
      `${table.where}: none of its ${table.rows.length} rows has a label in "${label}"; fill that column`,
    );
  }
  return { name: table.where, examples, withoutLabel, notes: table.notes ?? [] };
}

/** The notes made while reading, with the place that they are about. */
export function notesIn(place: string, { notes = [] }: TaskExamples): DataNote[] {
  return notes.map((note) => ({ ...note, message: `${place}: ${note.message}` }));
}

type Fields = Readonly<Record<string, unknown>>;

/** A null is an empty text, like an empty cell of a CSV file. */
function textIn(fields: Fields, column: string, place: string): string {
  if (!Object.hasOwn(fields, column)) {
    throw new TypeError(
      `${place}: no "${column}" (it has ${Object.keys(fields).join(", ") || "nothing"}); add it`,
    );
  }
  const value = fields[column];
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw new TypeError(
    `${place}: "${column}": expected a string, got ${typeName(value)}; put quotes around it`,
  );
}

/** The label as a string; undefined for null, NaN, and a text without a visible character. */
function labelIn(fields: Fields, column: string, place: string): string | undefined {
  const value = Object.hasOwn(fields, column) ? fields[column] : null;
  if (typeof value === "string") return seenText(value) === "" ? undefined : value.trim();
  if (value === null || Number.isNaN(value)) return undefined;
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw new RangeError(
      `${place}: "${column}": the number ${value} is past 2^53, where different numbers are read as the same; put quotes around it`,
    );
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return String(value);
  throw new TypeError(
    `${place}: "${column}": expected a string, a number or true or false, got ${typeName(value)}; name the key of the label, or write it as one of these`,
  );
}
