import type { FileHandle } from "node:fs/promises";
import { bfloat16ToNumber, float16Values } from "./half-precision.ts";
import type { SafetensorsDtype } from "./safetensors-header.ts";

const chunkBytes = 1 << 22;

/**
 * Reads `count` consecutive little-endian numbers of a file: F64, F32, F16 and BF16 as float32, I32 as
 * int32. Numbers that need conversion are read in chunks of 4 MB; a float64 becomes the nearest float32,
 * past the largest an infinity.
 *
 * The caller must have checked that the file holds `count` numbers, since that many are allocated.
 *
 * @param about names the file and the tensor in errors
 * @param position of the first number, in bytes from the start of the file
 * @throws TypeError for another dtype; RangeError, naming the file, if it ends early
 */
export async function readValues(
  path: string,
  handle: FileHandle,
  about: string,
  dtype: SafetensorsDtype,
  position: number,
  count: number,
): Promise<Float32Array | Int32Array> {
  if (!isRead(dtype))
    throw new TypeError(`${about} is ${dtype}, expected F64, F32, F16, BF16 or I32`);
  const data = dtype === "I32" ? new Int32Array(count) : new Float32Array(count);
  if (dtype === "F32" || dtype === "I32") {
    await readFully(path, handle, new Uint8Array(data.buffer), position);
    return data;
  }
  const [size, decode] = conversions[dtype];
  const chunk = new ArrayBuffer(Math.min(count * size, chunkBytes));
  const most = chunk.byteLength / size;
  for (let done = 0; done < count; done += most) {
    const numbers = Math.min(most, count - done);
    await readFully(path, handle, new Uint8Array(chunk, 0, numbers * size), position + size * done);
    decode(chunk, numbers, data, done);
  }
  return data;
}

/** Bytes per number, and how to convert a chunk to float32. */
const conversions = {
  F64: [8, decodeFloat64],
  F16: [2, decodeFloat16],
  BF16: [2, decodeBfloat16],
} as const;

function isRead(dtype: SafetensorsDtype): dtype is "F32" | "I32" | keyof typeof conversions {
  return dtype === "F32" || dtype === "I32" || Object.hasOwn(conversions, dtype);
}

type Out = Float32Array | Int32Array;

function decodeFloat64(chunk: ArrayBuffer, count: number, out: Out, at: number): void {
  out.set(new Float64Array(chunk, 0, count), at);
}

function decodeFloat16(chunk: ArrayBuffer, count: number, out: Out, at: number): void {
  const bits = new Uint16Array(chunk, 0, count);
  const values = float16Values();
  for (let i = 0; i < count; i++) out[at + i] = values[bits[i] ?? 0] ?? 0;
}

function decodeBfloat16(chunk: ArrayBuffer, count: number, out: Out, at: number): void {
  const bits = new Uint16Array(chunk, 0, count);
  for (let i = 0; i < count; i++) out[at + i] = bfloat16ToNumber(bits[i] ?? 0);
}

/**
 * Fills `into` with the file's bytes, starting at `position`.
 *
 * @throws RangeError, naming the file, if it ends early
 */
export async function readFully(
  path: string,
  handle: FileHandle,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await handle.read(
      into,
      done,
      Math.min(into.length - done, 1 << 30),
      position + done,
    );
    if (bytesRead === 0) throw new RangeError(`${path}: the file ended while it was read`);
    done += bytesRead;
  }
}
