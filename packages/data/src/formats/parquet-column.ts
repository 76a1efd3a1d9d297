import type { DecodedArray, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { convert } from "hyparquet/src/convert.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { decodeRuns } from "./parquet-runs.ts";

type DataReader = Parameters<typeof parquetHeader>[0];

/** How to decode a flat column, and whether its values may be null. */
export type FlatColumn = Parameters<typeof convert>[1] & { optional: boolean };

/** The least bytes of a plain value; an eighth for a boolean. */
const plainBytes: Readonly<Record<string, number>> = {
  BOOLEAN: 1 / 8,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
  FIXED_LEN_BYTE_ARRAY: 1,
};

/**
 * Decodes one column of one row group. Every number that a page claims is checked against the bytes
 * present and the rows still expected before it is used, so that `rows` and `mostBytes` bound time and
 * memory.
 *
 * @param bytes the column's pages with their headers
 * @param rows how many values it must have
 * @param mostBytes the most bytes that its pages may decompress to
 * @returns a value for each row, `null` for none, and the bytes that its pages decompressed to
 * @throws RangeError that names the wrong field of the page
 */
export function readFlatColumn(
  bytes: Uint8Array,
  column: FlatColumn,
  { rows, mostBytes }: { rows: number; mostBytes: number },
): { values: unknown[]; unfolded: number } {
  const reader = readerOf(bytes);
  const values: unknown[] = [];
  let dictionary: DecodedArray | undefined;
  let unfolded = 0;
  while (values.length < rows) {
    const header = nextHeader(reader, rows, values.length);
    const size = whole(
      header.compressed_page_size,
      "compressed_page_size",
      bytes.length - reader.offset,
    );
    unfolded += whole(
      header.uncompressed_page_size,
      "uncompressed_page_size",
      Math.max(0, mostBytes - unfolded),
    );
    const content = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = readDictionary(content, header, column);
      continue;
    }
    const left = rows - values.length;
    const page = header.type === "DATA_PAGE_V2" ? partsOf2 : partsOf1;
    const { count, levels, data, encoding } = page(content, header, column, left);
    const present = levels?.reduce((sum, level) => sum + level, 0) ?? count;
    const some = readValues(data, encoding, { column, dictionary, count: present, mostBytes });
    let at = 0;
    for (let i = 0; i < count; i++)
      values.push(levels === undefined || levels[i] === 1 ? some[at++] : null);
  }
  return { values, unfolded };
}

/** @throws RangeError if the pages end, or no header follows, before every row has a value */
function nextHeader(reader: DataReader, rows: number, got: number): PageHeader {
  const expected = `num_values: expected ${rows} in its pages, got ${got}`;
  if (reader.offset >= reader.view.byteLength) throw new RangeError(expected);
  try {
    return parquetHeader(reader);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`${expected} before a page header that cannot be read (${why})`, {
      cause,
    });
  }
}

/** @throws RangeError if it is not a whole number from 0 to `most` */
function whole(value: number | undefined, field: string, most: number): number {
  if (value !== undefined && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new RangeError(
    `${field}: expected a whole number from 0 to ${Math.floor(most)}, got ${value}`,
  );
}

function readDictionary(content: Uint8Array, header: PageHeader, column: FlatColumn): DecodedArray {
  const page = unfold(content, header.uncompressed_page_size, column);
  const count = whole(
    header.dictionary_page_header?.num_values,
    "dictionary_page_header.num_values",
    mostPlain(page, column),
  );
  return convert(plain(page, column, count), column);
}

/** The parts of a data page: the number of rows, which of them have a value (1 or 0), and the values' bytes. */
interface PageParts {
  count: number;
  /** 1 for each value that is there; undefined if all are. */
  levels: Uint32Array | undefined;
  data: Uint8Array;
  encoding: string;
}

function partsOf1(
  content: Uint8Array,
  header: PageHeader,
  column: FlatColumn,
  left: number,
): PageParts {
  const { data_page_header: page } = header;
  if (header.type !== "DATA_PAGE" || page === undefined)
    throw new RangeError(`page type: expected a data page, got ${header.type}`);
  const count = whole(page.num_values, "data_page_header.num_values", left);
  const bytes = unfold(content, header.uncompressed_page_size, column);
  const { encoding } = page;
  if (!column.optional) return { count, levels: undefined, data: bytes, encoding };
  const { runs, rest } = prefixed(bytes, "definition levels");
  return { count, levels: decodeRuns(runs, 1, count), data: rest, encoding };
}

function partsOf2(
  content: Uint8Array,
  header: PageHeader,
  column: FlatColumn,
  left: number,
): PageParts {
  const { data_page_header_v2: page } = header;
  if (page === undefined) throw new RangeError("data_page_header_v2: expected one, got none");
  const count = whole(page.num_values, "data_page_header_v2.num_values", left);
  const begin = whole(
    page.repetition_levels_byte_length,
    "repetition_levels_byte_length",
    content.length,
  );
  const length = whole(
    page.definition_levels_byte_length,
    "definition_levels_byte_length",
    content.length - begin,
  );
  const packed = content.subarray(begin + length);
  const data =
    page.is_compressed === false
      ? packed
      : unfold(packed, header.uncompressed_page_size - begin - length, column);
  const runs = content.subarray(begin, begin + length);
  const levels = column.optional ? decodeRuns(runs, 1, count) : undefined;
  return { count, levels, data, encoding: page.encoding };
}

function unfold(content: Uint8Array, size: number, { codec, compressors }: FlatColumn): Uint8Array {
  const length = whole(size, "uncompressed_page_size", Infinity);
  return decompressPage(content, length, codec, compressors);
}

/** The bytes after a 32-bit length, and the rest. */
function prefixed(bytes: Uint8Array, what: string): { runs: Uint8Array; rest: Uint8Array } {
  if (bytes.length < 4) throw new RangeError(`${what}: the page is cut short`);
  const { view } = readerOf(bytes);
  const end = 4 + whole(view.getUint32(0, true), `length of the ${what}`, bytes.length - 4);
  return { runs: bytes.subarray(4, end), rest: bytes.subarray(end) };
}

function readValues(
  bytes: Uint8Array,
  encoding: string,
  {
    column,
    dictionary,
    count,
    mostBytes,
  }: {
    column: FlatColumn;
    dictionary: DecodedArray | undefined;
    count: number;
    mostBytes: number;
  },
): ArrayLike<unknown> {
  if (count === 0) return [];
  const { type, element } = column;
  const reader = readerOf(bytes);
  if (encoding === "PLAIN") {
    whole(count, "values of a page", mostPlain(bytes, column));
    return convert(plain(bytes, column, count), column);
  }
  if (encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY") {
    if (dictionary === undefined)
      throw new RangeError("dictionary: expected its page before the values, got none");
    const indices = decodeRuns(bytes.subarray(1), bytes[0] ?? 0, count);
    return Array.from(indices, (index) => {
      whole(index, "dictionary index", dictionary.length - 1);
      return dictionary[index] as unknown;
    });
  }
  if (encoding === "RLE" && type === "BOOLEAN")
    return Array.from(decodeRuns(prefixed(bytes, "booleans").runs, 1, count), (bit) => bit === 1);
  if (encoding === "DELTA_BINARY_PACKED" && (type === "INT32" || type === "INT64")) {
    const output = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, output);
    return convert(output, column);
  }
  if (encoding === "DELTA_LENGTH_BYTE_ARRAY" && type === "BYTE_ARRAY") {
    const output = Array<Uint8Array>(count);
    deltaLengthByteArray(reader, count, output);
    return convert(output, column);
  }
  if (encoding === "DELTA_BYTE_ARRAY" && type === "BYTE_ARRAY") {
    // Each value repeats the start of the one before, so few bytes may expand to very many.
    const lengths = new Int32Array(count);
    const ahead = { view: reader.view, offset: 0 };
    let sum = 0;
    for (let part = 0; part < 2; part++) {
      deltaBinaryUnpack(ahead, count, lengths);
      sum = lengths.reduce((total, n) => total + whole(n, "length of a text", mostBytes), sum);
    }
    whole(sum, "texts' bytes", mostBytes);
    const output = Array<Uint8Array>(count);
    deltaByteArray(reader, count, output);
    return convert(output, column);
  }
  if (encoding === "BYTE_STREAM_SPLIT") {
    const { type_length: length } = element;
    const width = type === "FIXED_LEN_BYTE_ARRAY" ? (length ?? NaN) : (plainBytes[type] ?? NaN);
    whole(count * width, "bytes of a page's values", bytes.length);
    return convert(byteStreamSplit(reader, count, type, length), column);
  }
  throw new RangeError(`encoding: expected one that is known for ${type}, got ${encoding}`);
}

/** How many plain values the bytes can hold at most. */
function mostPlain(bytes: Uint8Array, { type, element }: FlatColumn): number {
  const least = type === "FIXED_LEN_BYTE_ARRAY" ? element.type_length : plainBytes[type];
  if (least === undefined || !(least > 0))
    throw new RangeError(`type: expected one with a length, got ${type} of ${least} bytes`);
  return bytes.length / least;
}

function plain(bytes: Uint8Array, { type, element }: FlatColumn, count: number): DecodedArray {
  return readPlain(readerOf(bytes), type, count, element.type_length);
}

function readerOf(bytes: Uint8Array): DataReader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
}
