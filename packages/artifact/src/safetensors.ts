import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { diskError } from "./disk-error.ts";
import {
  bfloat16ToNumber,
  float16Values,
  numberToBfloat16,
  numberToFloat16,
} from "./half-precision.ts";
import { parse } from "./parse.ts";

/** A tensor outside any runtime, row-major. */
export interface HostTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

/** Where a tensor lies in a safetensors file. */
export interface TensorEntry {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Byte offsets from the end of the header. */
  begin: number;
  end: number;
}

export type SafetensorsDtype = keyof typeof dtypeBytes;

/** The format's dtypes and their sizes in bytes. */
const dtypeBytes = {
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

const maximumHeaderBytes = 100_000_000;
const chunkBytes = 1 << 22;

const headerSchema = z.record(
  z.string(),
  z.strictObject({
    dtype: z.enum(Object.keys(dtypeBytes) as [SafetensorsDtype, ...SafetensorsDtype[]]),
    shape: z.array(z.int().nonnegative()),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
);

/**
 * An open safetensors file. Opening reads the header alone; `read` reads one tensor, in chunks of
 * 4 MB. Whoever opens it closes it.
 *
 * Source: https://github.com/huggingface/safetensors (format, README).
 */
export class SafetensorsFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #handle: FileHandle;
  readonly #dataStart: number;

  private constructor(
    path: string,
    handle: FileHandle,
    dataStart: number,
    entries: Map<string, TensorEntry>,
    metadata: Record<string, string>,
  ) {
    this.path = path;
    this.#handle = handle;
    this.#dataStart = dataStart;
    this.entries = entries;
    this.metadata = metadata;
  }

  /**
   * @throws Error if the file cannot be opened; RangeError or TypeError, naming the file and the
   *   tensor, if it is truncated, its header is malformed or longer than the file, a dtype is
   *   unknown, or an entry's bytes do not fit its shape, overlap or leave a hole
   */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await open(path, "r").catch((cause: unknown) => {
      throw new Error(`${path}: cannot be opened (${(cause as Error).message})`, { cause });
    });
    try {
      const { size } = await handle.stat();
      const prefix = Buffer.alloc(8);
      if (size < 8)
        throw new RangeError(
          `${path}: expected a safetensors file, got ${size} bytes; it is truncated`,
        );
      await readFully(handle, prefix, 0);
      const length = prefix.readBigUInt64LE();
      if (length > BigInt(Math.min(size - 8, maximumHeaderBytes))) {
        throw new RangeError(
          `${path}: its header is said to be ${length} bytes long, in a file of ${size}; it is truncated or no safetensors file`,
        );
      }
      const header = Buffer.alloc(Number(length));
      await readFully(handle, header, 8);
      const { entries, metadata } = readHeader(path, header, size - 8 - header.length);
      return new SafetensorsFile(path, handle, 8 + header.length, entries, metadata);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Reads one tensor: F32, F16 and BF16 as float32, I32 as int32.
   *
   * @param shape what the caller expects
   * @throws RangeError if there is no such tensor or its shape differs; TypeError if its dtype is
   *   none of the four
   */
  async read(name: string, shape?: readonly number[]): Promise<HostTensor> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new RangeError(`${this.path}: no tensor "${name}"`);
    if (shape !== undefined && shape.join() !== entry.shape.join()) {
      throw new RangeError(
        `${this.path}: tensor "${name}" must be [${shape.join(", ")}], got [${entry.shape.join(", ")}]`,
      );
    }
    const count = entry.shape.reduce((a, b) => a * b, 1);
    const data = entry.dtype === "I32" ? new Int32Array(count) : new Float32Array(count);
    const start = this.#dataStart + entry.begin;
    if (entry.dtype === "F32" || entry.dtype === "I32") {
      await readFully(this.#handle, new Uint8Array(data.buffer), start);
    } else if (entry.dtype === "F16" || entry.dtype === "BF16") {
      const decode = entry.dtype === "F16" ? decodeFloat16 : decodeBfloat16;
      const chunk = new Uint16Array(Math.min(count, chunkBytes / 2));
      for (let done = 0; done < count; done += chunk.length) {
        const part = chunk.subarray(0, Math.min(chunk.length, count - done));
        await readFully(
          this.#handle,
          new Uint8Array(part.buffer, 0, part.byteLength),
          start + 2 * done,
        );
        decode(part, data, done);
      }
    } else {
      throw new TypeError(
        `${this.path}: tensor "${name}" is ${entry.dtype}, expected F32, F16, BF16 or I32`,
      );
    }
    return { shape: entry.shape, data };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function decodeFloat16(bits: Uint16Array, out: Float32Array | Int32Array, at: number): void {
  const values = float16Values();
  for (let i = 0; i < bits.length; i++) out[at + i] = values[bits[i] ?? 0] ?? 0;
}

function decodeBfloat16(bits: Uint16Array, out: Float32Array | Int32Array, at: number): void {
  for (let i = 0; i < bits.length; i++) out[at + i] = bfloat16ToNumber(bits[i] ?? 0);
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await handle.read(
      into,
      done,
      Math.min(into.length - done, 1 << 30),
      position + done,
    );
    if (bytesRead === 0) throw new RangeError("safetensors: the file ended while it was read");
    done += bytesRead;
  }
}

function readHeader(path: string, header: Uint8Array, dataBytes: number) {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch (cause) {
    throw new TypeError(`${path}: its header is not JSON in UTF-8 (${(cause as Error).message})`, {
      cause,
    });
  }
  const { __metadata__: rawMetadata = {}, ...tensors } = parse(
    z.record(z.string(), z.unknown()),
    json,
    path,
  );
  const metadata = parse(z.record(z.string(), z.string()), rawMetadata, `${path}: __metadata__`);
  const entries = new Map<string, TensorEntry>();
  for (const [name, raw] of Object.entries(parse(headerSchema, tensors, path))) {
    const [begin, end] = raw.data_offsets;
    const expected = raw.shape.reduce((a, b) => a * b, 1) * dtypeBytes[raw.dtype];
    if (end - begin !== expected) {
      throw new RangeError(
        `${path}: tensor "${name}" of shape [${raw.shape.join(", ")}] and dtype ${raw.dtype} needs ${expected} bytes, its offsets give ${end - begin}`,
      );
    }
    if (end > dataBytes) {
      throw new RangeError(
        `${path}: tensor "${name}" ends at byte ${end} of ${dataBytes}; the file is truncated`,
      );
    }
    entries.set(name, { dtype: raw.dtype, shape: raw.shape, begin, end });
  }
  let position = 0;
  for (const [name, { begin, end }] of [...entries].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== position)
      throw new RangeError(
        `${path}: tensor "${name}" begins at byte ${begin}, expected ${position}: its data overlap or leave a hole`,
      );
    position = end;
  }
  if (position !== dataBytes)
    throw new RangeError(`${path}: ${dataBytes - position} bytes follow the last tensor`);
  return { entries, metadata };
}

/** Reads a whole file. @throws as `SafetensorsFile` does */
export async function readSafetensors(path: string): Promise<Record<string, HostTensor>> {
  const file = await SafetensorsFile.open(path);
  try {
    const tensors: Record<string, HostTensor> = {};
    for (const name of file.entries.keys()) tensors[name] = await file.read(name);
    return tensors;
  } finally {
    await file.close();
  }
}

/**
 * Writes tensors in the order given, one at a time, flushed to the disk.
 *
 * @param tensors `data` may be a function, called when the tensor's turn comes, so that no more
 *   than one need be in memory
 * @param floats how float32 data is stored
 * @throws RangeError if a tensor's data does not fill its shape
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, HostTensor | LazyTensor>>,
  {
    floats = "F32",
    metadata = {},
  }: { floats?: "F32" | "F16" | "BF16"; metadata?: Record<string, string> } = {},
): Promise<void> {
  const header: Record<string, unknown> =
    Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let position = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const dtype = isInt32(tensor) ? "I32" : floats;
    const end = position + tensor.shape.reduce((a, b) => a * b, 1) * dtypeBytes[dtype];
    header[name] = { dtype, shape: tensor.shape, data_offsets: [position, end] };
    position = end;
  }
  const json = JSON.stringify(header);
  // The data begins at a multiple of 8 bytes; spaces fill the gap, as the reference writer does.
  const headerBytes = Buffer.from(
    json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)),
  );
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(headerBytes.length));
  try {
    const handle = await open(path, "w");
    try {
      await handle.writeFile(prefix);
      await handle.writeFile(headerBytes);
      for (const [name, tensor] of Object.entries(tensors)) {
        const data = typeof tensor.data === "function" ? tensor.data() : tensor.data;
        const count = tensor.shape.reduce((a, b) => a * b, 1);
        if (data.length !== count) {
          throw new RangeError(
            `${path}: tensor "${name}" of shape [${tensor.shape.join(", ")}] needs ${count} numbers, got ${data.length}`,
          );
        }
        for (let done = 0; done < count; done += chunkBytes / 4) {
          await handle.writeFile(encode(data.subarray(done, done + chunkBytes / 4), floats));
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw diskError(`cannot write ${path}`, cause);
  }
}

/** A tensor whose numbers are made when they are written. */
export interface LazyTensor {
  shape: readonly number[];
  dtype: "float32" | "int32";
  data: () => Float32Array | Int32Array;
}

function isInt32(tensor: HostTensor | LazyTensor): boolean {
  return "dtype" in tensor ? tensor.dtype === "int32" : tensor.data instanceof Int32Array;
}

function encode(data: Float32Array | Int32Array, floats: "F32" | "F16" | "BF16"): Uint8Array {
  if (data instanceof Int32Array || floats === "F32") {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const bits = Uint16Array.from(data, floats === "F16" ? numberToFloat16 : numberToBfloat16);
  return new Uint8Array(bits.buffer);
}
