import type { FileHandle } from "node:fs/promises";
import { openWeightFile } from "./open-weight-file.ts";
import { readFully, readValues } from "./read-values.ts";
import {
  numberCount,
  readHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors-header.ts";

/** A tensor outside any runtime, row-major. */
export interface HostTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

const maximumHeaderBytes = 100_000_000;

/**
 * An open safetensors file. `open` reads only the header; `read` reads one tensor, in chunks of 4 MB.
 * The caller closes it.
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
    header: SafetensorsHeader,
  ) {
    this.path = path;
    this.#handle = handle;
    this.#dataStart = dataStart;
    this.entries = header.entries;
    this.metadata = header.metadata;
  }

  /**
   * @throws Error if the file cannot be opened; RangeError or TypeError that names the file and the
   *   tensor if it is truncated, its header is malformed or longer than the file, a dtype is unknown,
   *   or an entry's bytes do not fit its shape, overlap or leave a gap
   */
  static async open(path: string): Promise<SafetensorsFile> {
    return openWeightFile(path, "safetensors", async (handle, size, first) => {
      if (size < 8)
        throw new RangeError(
          `${path}: expected a safetensors file, got ${size} bytes; it is truncated`,
        );
      const length = first.readBigUInt64LE();
      if (length > BigInt(Math.min(size - 8, maximumHeaderBytes))) {
        throw new RangeError(
          `${path}: its header claims ${length} bytes, but the file has ${size}; it is truncated or not a safetensors file`,
        );
      }
      const bytes = Buffer.alloc(Number(length));
      await readFully(path, handle, bytes, 8);
      const start = 8 + bytes.length;
      return new SafetensorsFile(path, handle, start, readHeader(path, bytes, size - start));
    });
  }

  /**
   * Reads one tensor: F64, F32, F16 and BF16 as float32, I32 as int32.
   *
   * @param shape the expected shape
   * @throws RangeError if there is no such tensor or its shape differs; TypeError for another dtype
   */
  async read(name: string, shape?: readonly number[]): Promise<HostTensor> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new RangeError(`${this.path}: no tensor "${name}"`);
    if (shape !== undefined && shape.join() !== entry.shape.join()) {
      throw new RangeError(
        `${this.path}: tensor "${name}" must be [${shape.join(", ")}], got [${entry.shape.join(", ")}]`,
      );
    }
    const about = `${this.path}: tensor "${name}"`;
    const data = await readValues(
      this.path,
      this.#handle,
      about,
      entry.dtype,
      this.#dataStart + entry.begin,
      numberCount(entry.shape, about),
    );
    return { shape: entry.shape, data };
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Reads a whole file. @throws as `SafetensorsFile` does */
export async function readSafetensors(path: string): Promise<Record<string, HostTensor>> {
  const file = await SafetensorsFile.open(path);
  try {
    const tensors: [string, HostTensor][] = [];
    for (const name of file.entries.keys()) tensors.push([name, await file.read(name)]);
    return Object.fromEntries(tensors);
  } finally {
    await file.close();
  }
}
