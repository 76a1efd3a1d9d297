import { parse } from "@sweetspot/artifact";
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { z } from "zod";
import type { Row, Table } from "./table.ts";

/** A parquet file's rows; classes that it numbers have their names. */
export interface ParquetTable extends Table {
  /** Column -> the names of its classes, in order, where the file says so as Hugging Face's data sets do. */
  classes: Readonly<Record<string, readonly string[]>>;
}

/** What pages may unfold to, over the file's size: more is no text. */
const mostRatio = 2000;

/**
 * A table from a parquet file: strings, whole numbers and booleans; nulls stay null. Uncompressed,
 * Snappy, gzip, zstd, Brotli or LZ4. A column whose classes the file names
 * (`huggingface`, `ClassLabel`) has the names in place of the numbers; -1, which stands for no label,
 * becomes null.
 *
 * @param wanted the columns whose numbers are read; those that the file lacks are left out
 * @throws Error that names the file if it cannot be read or is damaged
 */
export async function readParquet(path: string, wanted: readonly string[]): Promise<ParquetTable> {
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    checkSizes(metadata, file.byteLength);
    const columns = columnsOf(metadata);
    const classes = classesOf(metadata);
    const read = [...new Set(wanted)].filter((c) => columns.includes(c));
    if (read.length === 0) return { where: path, columns, rows: [], classes };
    const objects = await parquetReadObjects({ file, metadata, columns: read, compressors });
    const rows = objects.map((object, i): Row => {
      const fields = Object.entries(object).map(([name, value]) => [
        name,
        plain(value, classes[name]),
      ]);
      return { line: i + 1, fields: Object.fromEntries(fields) };
    });
    return { where: path, columns, rows, classes };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `${path}: cannot be read as parquet (${why}); it is damaged, or no parquet file: fetch or save it again`,
      { cause },
    );
  }
}

/** @throws RangeError if it claims more rows or bytes than a file of its size can hold */
function checkSizes({ row_groups, num_rows }: FileMetaData, bytes: number): void {
  const most = bytes * mostRatio;
  const unfolded = row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  const rows = row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  for (const [what, value] of Object.entries({ "row groups' bytes": unfolded, rows })) {
    if (!(value >= 0 && value <= most))
      throw new RangeError(
        `${what}: expected at most ${most} in a file of ${bytes} bytes, got ${value}`,
      );
  }
  if (rows !== Number(num_rows))
    throw new RangeError(`expected ${num_rows} rows in its groups, got ${rows}`);
}

/** The names of the columns at the top. */
function columnsOf({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  let at = 1;
  for (let left = schema[0]?.num_children ?? 0; left > 0; left--) {
    const element = schema[at];
    if (element === undefined) throw new RangeError("its schema is cut short");
    names.push(element.name);
    // Past what lies within it.
    for (let within = 1; within > 0; at++) within += (schema[at]?.num_children ?? 0) - 1;
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

/** What Hugging Face's data sets say of their columns. */
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

/** A value as JSON would have it, a class by its name. */
function plain(value: unknown, classes: readonly string[] | undefined): unknown {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (classes === undefined || typeof number !== "number") return number ?? null;
  if (number === -1) return null;
  const name = classes[number];
  if (name === undefined)
    throw new RangeError(`expected a class from 0 to ${classes.length - 1}, got ${number}`);
  return name;
}
