/** A value of the Thrift compact protocol. */
export type Thrift =
  | { i32: number | bigint }
  | { i64: number | bigint }
  | { binary: string | Uint8Array }
  | { bool: boolean }
  | { list: readonly Thrift[] }
  | { struct: Readonly<Record<number, Thrift | undefined>> };

/** A value's bytes in the compact protocol, without its type. */
function thriftBytes(value: Thrift): Uint8Array {
  const out: Uint8Array[] = [];
  write(value, out);
  return Buffer.concat(out);
}

function write(value: Thrift, out: Uint8Array[]): void {
  if ("i32" in value) out.push(zigzag(BigInt(value.i32)));
  else if ("i64" in value) out.push(zigzag(BigInt(value.i64)));
  else if ("bool" in value) out.push(Uint8Array.of(value.bool ? 1 : 2));
  else if ("binary" in value) {
    const bytes = Buffer.from(value.binary);
    out.push(varint(BigInt(bytes.length)), bytes);
  } else if ("list" in value) {
    const { list } = value;
    const type = list[0] === undefined ? 12 : typeOf(list[0]);
    if (list.length < 15) out.push(Uint8Array.of((list.length << 4) | type));
    else out.push(Uint8Array.of(0xf0 | type), varint(BigInt(list.length)));
    for (const item of list) write(item, out);
  } else {
    let last = 0;
    for (const [key, field] of Object.entries(value.struct)) {
      if (field === undefined) continue;
      const id = Number(key);
      out.push(Uint8Array.of(((id - last) << 4) | typeOf(field)));
      if (!("bool" in field)) write(field, out);
      last = id;
    }
    out.push(Uint8Array.of(0));
  }
}

function typeOf(value: Thrift): number {
  if ("bool" in value) return value.bool ? 1 : 2;
  if ("i32" in value) return 5;
  if ("i64" in value) return 6;
  if ("binary" in value) return 8;
  return "list" in value ? 9 : 12;
}

function zigzag(n: bigint): Uint8Array {
  return varint(BigInt.asUintN(64, (n << 1n) ^ (n >> 63n)));
}

/** The bytes of a varint, lowest seven bits first. */
export function varint(n: bigint): Uint8Array {
  const bytes: number[] = [];
  let left = n;
  do {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Uint8Array.from(bytes);
}

/** A column to write: strings, doubles or 64-bit integers, without nulls. */
export type Column =
  | { name: string; strings: readonly string[] }
  | { name: string; doubles: readonly number[] }
  | { name: string; integers: readonly bigint[]; unsigned?: boolean };

/** False claims for a page or the file's metadata, to test how a reader handles them. */
export interface Lies {
  /** Overrides fields of the page header: field number -> value. */
  page?: Readonly<Record<number, Thrift>>;
  /** Overrides fields of the data page header within it. */
  dataPage?: Readonly<Record<number, Thrift>>;
  /** Overrides fields of each column's metadata. */
  column?: Readonly<Record<number, Thrift>>;
  /** Overrides fields of the file's metadata. */
  file?: Readonly<Record<number, Thrift>>;
  /** The page's bytes and codec (1 Snappy, 2 gzip, 6 zstd) instead of plain values. */
  compressed?: { bytes: Uint8Array; codec: number };
}

/**
 * Writes a parquet file of one row group, with one page of plain, uncompressed values per column.
 *
 * Source: the parquet format, version 2.12 (parquet.thrift).
 */
export function parquetFile(
  columns: readonly Column[],
  lies: Lies = {},
  huggingface?: object,
): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from("PAR1")];
  let offset = 4;
  const chunks: Thrift[] = columns.map((column) => {
    const values = plainBytes(column);
    const bytes = lies.compressed?.bytes ?? values;
    const header = thriftBytes({
      struct: {
        1: { i32: 0 },
        2: { i32: values.length },
        3: { i32: bytes.length },
        5: {
          struct: {
            1: { i32: countOf(column) },
            2: { i32: 0 },
            3: { i32: 3 },
            4: { i32: 3 },
            ...lies.dataPage,
          },
        },
        ...lies.page,
      },
    });
    const begin = offset;
    parts.push(header, bytes);
    offset += header.length + bytes.length;
    return {
      struct: {
        2: { i64: begin },
        3: {
          struct: {
            1: { i32: typeNumber(column) },
            2: { list: [{ i32: 0 }] },
            3: { list: [{ binary: column.name }] },
            4: { i32: lies.compressed?.codec ?? 0 },
            5: { i64: countOf(column) },
            6: { i64: header.length + values.length },
            7: { i64: header.length + bytes.length },
            9: { i64: begin },
            ...lies.column,
          },
        },
      },
    };
  });
  const rows = columns[0] === undefined ? 0 : countOf(columns[0]);
  const footer = thriftBytes({
    struct: {
      1: { i32: 1 },
      2: {
        list: [
          { struct: { 4: { binary: "schema" }, 5: { i32: columns.length } } },
          ...columns.map((column) => ({
            struct: {
              1: { i32: typeNumber(column) },
              3: { i32: 0 },
              4: { binary: column.name },
              6: convertedType(column),
            },
          })),
        ],
      },
      3: { i64: rows },
      4: {
        list: [{ struct: { 1: { list: chunks }, 2: { i64: offset - 4 }, 3: { i64: rows } } }],
      },
      ...(huggingface !== undefined && {
        5: {
          list: [
            {
              struct: {
                1: { binary: "huggingface" },
                2: { binary: JSON.stringify(huggingface) },
              },
            },
          ],
        },
      }),
      ...lies.file,
    },
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, Buffer.from("PAR1")]);
}

function countOf(column: Column): number {
  if ("strings" in column) return column.strings.length;
  return "doubles" in column ? column.doubles.length : column.integers.length;
}

function typeNumber(column: Column): number {
  if ("strings" in column) return 6;
  return "doubles" in column ? 5 : 2;
}

function convertedType(column: Column): Thrift | undefined {
  if ("strings" in column) return { i32: 0 };
  return "integers" in column && column.unsigned === true ? { i32: 14 } : undefined;
}

function plainBytes(column: Column): Uint8Array {
  if ("doubles" in column) return new Uint8Array(Float64Array.from(column.doubles).buffer);
  if ("integers" in column) return new Uint8Array(BigInt64Array.from(column.integers).buffer);
  const encoded = column.strings.map((text) => Buffer.from(text));
  const bytes = Buffer.alloc(encoded.reduce((sum, text) => sum + 4 + text.length, 0));
  let at = 0;
  for (const text of encoded) {
    bytes.writeUInt32LE(text.length, at);
    text.copy(bytes, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}
