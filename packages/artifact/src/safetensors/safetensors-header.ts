import { z } from "zod";
import { parseJson } from "../json-file.ts";
import { parse } from "../parse.ts";

/** Where a tensor is in a safetensors file. */
export interface TensorEntry {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Byte offsets from the end of the header. */
  begin: number;
  end: number;
}

/** A dtype, as the format names it. */
export type SafetensorsDtype = keyof typeof dtypeBytes;

/** The format's dtypes and their sizes in bytes. */
export const dtypeBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

/** The header of a safetensors file. */
export interface SafetensorsHeader {
  /** In the order of the header. */
  entries: Map<string, TensorEntry>;
  metadata: Record<string, string>;
}

const entrySchema = z.strictObject({
  dtype: z.enum(Object.keys(dtypeBytes) as [SafetensorsDtype, ...SafetensorsDtype[]]),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/**
 * Parses and checks a header.
 *
 * @param dataBytes the number of bytes that follow it
 * @throws RangeError or TypeError that names the file and the tensor, for anything wrong in it
 */
export function readHeader(path: string, header: Uint8Array, dataBytes: number): SafetensorsHeader {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(header);
    json = parseJson(text, "header");
  } catch (cause) {
    throw new TypeError(`${path}: its header is not JSON in UTF-8 (${(cause as Error).message})`, {
      cause,
    });
  }
  if (json === null || typeof json !== "object" || Array.isArray(json))
    throw new TypeError(`${path}: its header must be a JSON object, got ${text.slice(0, 40)}`);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new RangeError(`${path}: its header has the key ${twice} twice`);
  let metadata: Record<string, string> = {};
  const entries = new Map<string, TensorEntry>();
  // Key by key: a tensor may be called __proto__, which a schema of the whole record would skip.
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") {
      metadata = parse(z.record(z.string(), z.string()), value, `${path}: __metadata__`);
      continue;
    }
    const raw = parse(entrySchema, value, `${path}: tensor "${name}"`);
    const [begin, end] = raw.data_offsets;
    const about = `${path}: tensor "${name}" of shape [${raw.shape.join(", ")}] and dtype ${raw.dtype}`;
    const expected = numberCount(raw.shape, about) * dtypeBytes[raw.dtype];
    if (end - begin !== expected)
      throw new RangeError(
        `${about} needs ${expected} bytes, but its offsets ${begin} to ${end} hold ${end - begin}`,
      );
    if (end > dataBytes) {
      throw new RangeError(
        `${path}: tensor "${name}" ends at byte ${end} of ${dataBytes}; the file is truncated`,
      );
    }
    entries.set(name, { dtype: raw.dtype, shape: raw.shape, begin, end });
  }
  checkLayout(path, entries, dataBytes);
  return { entries, metadata };
}

/** @throws RangeError unless the tensors fill the data without gap or overlap, as the format demands */
function checkLayout(
  path: string,
  entries: ReadonlyMap<string, TensorEntry>,
  dataBytes: number,
): void {
  let position = 0;
  for (const [name, { begin, end }] of [...entries].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== position)
      throw new RangeError(
        `${path}: tensor "${name}" begins at byte ${begin}, expected ${position}: tensors overlap or leave a gap`,
      );
    position = end;
  }
  if (position !== dataBytes)
    throw new RangeError(`${path}: ${dataBytes - position} bytes follow the last tensor`);
}

/** The number of elements of a tensor of this shape. @throws RangeError if no file can hold that many */
export function numberCount(shape: readonly number[], about: string): number {
  let count = 1;
  for (const size of shape) {
    count *= size;
    // The largest dtype has eight bytes.
    if (!Number.isSafeInteger(count * 8))
      throw new RangeError(`${about}: more numbers than any file holds`);
  }
  return count;
}

/** The first key, as written, that an object in the JSON text has twice. */
function duplicateKey(text: string): string | undefined {
  const objects: Set<unknown>[] = [];
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g)) {
    if (token === "{") objects.push(new Set());
    else if (token === "}") objects.pop();
    else if (colon !== undefined) {
      const literal = token.slice(0, -colon.length);
      const key: unknown = JSON.parse(literal);
      if (objects.at(-1)?.has(key) === true) return literal;
      objects.at(-1)?.add(key);
    }
  }
  return undefined;
}
