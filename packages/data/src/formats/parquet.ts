import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { lfsPointerProblem, parse } from "@sweetspot/artifact";
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetSchema,
  type RowGroup,
} from "hyparquet";
import { compressors, decompressZstd } from "hyparquet-compressors";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { z } from "zod";
import { type FlatColumn, readFlatColumn } from "./parquet-column.ts";
import type { Row, Table } from "./table.ts";
import { whyUnreadable } from "./text-file.ts";

/** The most rows per byte of the file: with more, the texts cannot all differ. */
const mostRows = 100;

/** The most bytes that the pages of a file may decompress to; text is never more. */
const mostUnfolded = (bytes: number): number => Math.min(2000 * bytes, 100 * bytes + 2 ** 28);

/** The most bytes of a decimal number; labels are never longer. */
const mostDecimalBytes = 32;

/**
 * Reads a table from a parquet file: strings, numbers and booleans; nulls stay null, and whole numbers
 * past 2^53 are bigints. Uncompressed, Snappy, gzip, zstd, Brotli or LZ4. A column whose classes the
 * file names (`huggingface`, `ClassLabel`) has names in place of numbers; -1, for no label, becomes null.
 *
 * Everything that the file claims is checked before it is used, so that a damaged or hostile file ends
 * in an error and takes no more time and memory than its size justifies.
 *
 * @param wanted the columns to read; those that the file lacks are left out
 * @throws Error that names the file and the field if it cannot be read or is damaged; TypeError if a
 *   wanted column is nested
 */
export async function readParquet(path: string, wanted: readonly string[]): Promise<Table> {
  const file = await asyncBufferFromFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${path}: ${whyUnreadable(cause)}`, { cause });
  });
  const pointer = lfsPointerProblem(
    new Uint8Array(await file.slice(0, Math.min(200, file.byteLength))),
  );
  if (pointer !== undefined) throw new Error(`${path}: ${pointer}`);
  let nested: string | undefined;
  try {
    const metadata = await readMetadata(file);
    checkSizes(metadata, file.byteLength);
    const columns = columnsOf(metadata);
    const classes = classesOf(metadata);
    const read = [...new Set(wanted)].filter((c) => columns.filter((d) => c === d).length === 1);
    const flat = read.map((name) => ({ name, column: flatColumn(metadata, name) }));
    nested = flat.find(({ column }) => column === undefined)?.name;
    const rows = nested === undefined ? await readRows(file, metadata, flat, classes) : [];
    if (nested === undefined) return { where: path, columns, rows, classes };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `${path}: cannot be read as parquet (${why}); it is damaged or not a parquet file: fetch or save it again`,
      { cause },
    );
  }
  throw new TypeError(
    `${path}: column "${nested}": expected strings, numbers or booleans, got lists or records; name another column`,
  );
}

async function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file, { geoparquet: false });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`metadata: ${why}`, { cause });
  }
}

type Named = { name: string; column: FlatColumn | undefined };

/** Reads columns row group by row group. @throws RangeError that names the column and the field */
async function readRows(
  file: AsyncBuffer,
  { row_groups }: FileMetaData,
  columns: readonly Named[],
  classes: NonNullable<Table["classes"]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let mostBytes = mostUnfolded(file.byteLength);
  for (const [g, group] of row_groups.entries()) {
    const count = Number(group.num_rows);
    // Arrow writes empty groups, which have no pages.
    if (count === 0) continue;
    const read: { name: string; values: unknown[] }[] = [];
    for (const { name, column } of columns) {
      if (column === undefined) continue;
      try {
        const { codec, begin, end } = chunkOf(group, name, column, file.byteLength);
        const bytes = new Uint8Array(await file.slice(begin, end));
        const part = readFlatColumn(bytes, { ...column, codec }, { rows: count, mostBytes });
        mostBytes -= part.unfolded;
        read.push({ name, values: part.values });
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new RangeError(`row group ${g + 1}, column "${name}": ${why}`, { cause });
      }
    }
    if (read.length === 0) continue;
    for (let i = 0; i < count; i++) {
      const fields: Record<string, unknown> = Object.fromEntries(
        read.map(({ name, values }) => [name, plain(values[i], classes[name])]),
      );
      rows.push({ line: rows.length + 1, fields });
    }
  }
  return rows;
}

/** Where a column of a row group is in the file. @throws RangeError if it is outside */
function chunkOf(
  { columns }: RowGroup,
  name: string,
  { type }: FlatColumn,
  bytes: number,
): { codec: FlatColumn["codec"]; begin: number; end: number } {
  const of = columns.find(
    ({ meta_data: of }) => of?.path_in_schema.length === 1 && of.path_in_schema[0] === name,
  )?.meta_data;
  if (of === undefined)
    throw new RangeError("path_in_schema: expected it in the row group, got none");
  if (of.type !== type)
    throw new RangeError(`type: expected ${type} as in the schema, got ${of.type}`);
  const data = Number(of.data_page_offset);
  // Some writers put 0 for none.
  const dictionary = Number(of.dictionary_page_offset ?? 0);
  const begin = dictionary > 0 ? Math.min(dictionary, data) : data;
  const end = begin + Number(of.total_compressed_size);
  if (!(begin >= 4 && end > begin && end <= bytes - 8))
    throw new RangeError(
      `data_page_offset and total_compressed_size: expected bytes from 4 to ${bytes - 8}, got ${begin} to ${end}`,
    );
  return { codec: of.codec, begin, end };
}

/** How to decode a top-level column; undefined if it holds lists or records. */
function flatColumn(metadata: FileMetaData, name: string): FlatColumn | undefined {
  const root = parquetSchema(metadata);
  const tree = root.children.find((child) => child.element.name === name);
  if (tree === undefined) throw new RangeError(`column "${name}": it is missing in its schema`);
  const { element, children } = tree;
  if (children.length > 0 || element.repetition_type === "REPEATED") return undefined;
  if (element.type === undefined)
    throw new RangeError(`column "${name}": type: expected one, got none`);
  if (
    element.converted_type === "DECIMAL" &&
    element.type.endsWith("BYTE_ARRAY") &&
    !((element.type_length ?? Infinity) <= mostDecimalBytes)
  )
    throw new RangeError(
      `column "${name}": type_length: expected a decimal of at most ${mostDecimalBytes} bytes, got ${element.type_length}`,
    );
  return {
    pathInSchema: [name],
    type: element.type,
    element,
    schemaPath: [root, tree],
    codec: "UNCOMPRESSED",
    compressors: bounded,
    parsers: DEFAULT_PARSERS,
    optional: element.repetition_type !== "REQUIRED",
  };
}

/** Decompressors that write no more than they are asked to. */
const bounded: Compressors = {
  ...compressors,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};

/** @throws RangeError if it claims more rows or bytes than a file of its size can hold */
function checkSizes({ row_groups, num_rows }: FileMetaData, bytes: number): void {
  let rows = 0;
  for (const [g, { num_rows }] of row_groups.entries()) {
    if (!(Number(num_rows) >= 0))
      throw new RangeError(`row group ${g + 1}: num_rows: expected at least 0, got ${num_rows}`);
    rows += Number(num_rows);
  }
  if (rows > mostRows * bytes)
    throw new RangeError(
      `num_rows: expected at most ${mostRows * bytes} in a file of ${bytes} bytes, got ${rows}`,
    );
  if (rows !== Number(num_rows))
    throw new RangeError(`num_rows: expected ${num_rows} in its row groups, got ${rows}`);
}

/** The names of the top-level columns. */
function columnsOf({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  let at = 1;
  for (let left = schema[0]?.num_children ?? 0; left > 0; left--) {
    const element = schema[at];
    if (element === undefined) throw new RangeError("schema: num_children: it is cut short");
    const name: unknown = element.name;
    if (typeof name !== "string")
      throw new RangeError(`schema: name: expected one for column ${names.length + 1}, got none`);
    names.push(name);
    // Skip its children.
    for (let within = 1; within > 0; at++) {
      const part = schema[at];
      if (part === undefined) throw new RangeError("schema: num_children: it is cut short");
      within += (part.num_children ?? 0) - 1;
    }
  }
  return names;
}

const featuresSchema = z.looseObject({
  info: z.looseObject({ features: z.record(z.string(), z.unknown()) }),
});

const classLabel = z.looseObject({
  _type: z.literal("ClassLabel"),
  names: z.array(z.string()).min(1),
});

/** The metadata of Hugging Face's data sets about their columns. */
function classesOf({ key_value_metadata }: FileMetaData): Record<string, string[]> {
  const text = key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return {};
  const { info } = parse(featuresSchema, JSON.parse(text), "its metadata huggingface");
  return Object.fromEntries(
    Object.entries(info.features).flatMap(([column, feature]) => {
      const label = classLabel.safeParse(feature);
      return label.success ? [[column, label.data.names]] : [];
    }),
  );
}

/** A value as in JSON, a class as its name; a number past 2^53 stays exact. */
function plain(value: unknown, classes: readonly string[] | undefined): unknown {
  const exact = typeof value === "bigint" && !Number.isSafeInteger(Number(value));
  const number = typeof value === "bigint" && !exact ? Number(value) : value;
  if (classes === undefined || (typeof number !== "number" && !exact)) return number ?? null;
  if (number === -1) return null;
  const name = classes[Number(number)];
  if (name === undefined)
    throw new RangeError(`expected a class from 0 to ${classes.length - 1}, got ${number}`);
  return name;
}
