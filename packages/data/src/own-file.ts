import { extname } from "node:path";
import { parseDelimited } from "./delimited.ts";
import { parseJsonLines, typeName } from "./json-lines.ts";
import type { Example, Source } from "./source.ts";
import type { OwnFile } from "./stage.ts";
import { requireColumn, rowName, type Table } from "./table.ts";
import { readTextFile } from "./text-file.ts";

/**
 * Reads a person's own file of labelled text: CSV, TSV or JSON Lines, in UTF-8.
 *
 * @returns the examples in the file's order; a row without a label is left out and counted
 * @throws Error, TypeError or RangeError that names the file and, where there is one, the row, its
 *   line and the field, and says what to do
 */
export async function readOwnFile(settings: OwnFile): Promise<Source> {
  const { file, sha256 } = settings;
  const format = settings.format ?? formatOf(file);
  const content = await readTextFile(file);
  if (sha256 !== undefined && sha256 !== content.sha256) {
    throw new Error(
      `${file}: expected sha256 ${sha256}, got ${content.sha256}; the file has changed: plan again, or correct sha256`,
    );
  }
  const table =
    format === "jsonl"
      ? parseJsonLines(content.text, file)
      : parseDelimited(content.text, format, file);
  return { ...examplesOf(table, settings), sha256: content.sha256 };
}

function formatOf(file: string): "csv" | "tsv" | "jsonl" {
  const extension = extname(file).toLowerCase();
  if (extension === ".csv") return "csv";
  if (extension === ".tsv") return "tsv";
  if (extension === ".jsonl" || extension === ".ndjson") return "jsonl";
  throw new RangeError(
    `${file}: its name does not end in .csv, .tsv, .jsonl or .ndjson; set format to csv, tsv or jsonl`,
  );
}

/** The labelled examples of a table. */
function examplesOf(
  table: Table,
  { text, textPair, label }: Pick<OwnFile, "text" | "textPair" | "label">,
): Source {
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
  return { name: table.where, examples, withoutLabel };
}

type Fields = Readonly<Record<string, unknown>>;

/** A null is a text that is not there, as an empty cell of a CSV file is. */
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

/** A number or a boolean is a label by its name. */
function labelIn(fields: Fields, column: string, place: string): string | undefined {
  const value = Object.hasOwn(fields, column) ? fields[column] : null;
  if (typeof value === "string") return value.trim() || undefined;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null) return undefined;
  throw new TypeError(
    `${place}: "${column}": expected a string, a number or true or false, got ${typeName(value)}; name the key of the label, or write it as one of these`,
  );
}
