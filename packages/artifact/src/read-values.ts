import type { FileHandle } from "node:fs/promises";
import { bfloat16ToNumber, float16Values } from "./half-precision.ts";
import type { SafetensorsDtype } from "./safetensors-header.ts";

const chunkBytes = 1 << 22;

/**
 * Reads `count` numbers that lie one after the other in a file, little-endian: F32, F16 and BF16 as
 * float32, I32 as int32. F16 and BF16 are read in chunks of 4 MB.
 *
 * The caller has checked that the file holds them: as many are allocated.
 *
 * @param about names the file and the tensor in errors
 * @param position of the first, in bytes from the file's start
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
  if (dtype !== "F32" && dtype !== "I32" && dtype !== "F16" && dtype !== "BF16")
    throw new TypeError(`${about} is ${dtype}, expected F32, F16, BF16 or I32`);
  const data = dtype === "I32" ? new Int32Array(count) : new Float32Array(count);
  if (dtype === "F32" || dtype === "I32") {
    await readFully(path, handle, new Uint8Array(data.buffer), position);
    return data;
  }
  const decode = dtype === "F16" ? decodeFloat16 : decodeBfloat16;
  const chunk = new Uint16Array(Math.min(count, chunkBytes / 2));
  for (let done = 0; done < count; done += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, count - done));
    const bytes = new Uint8Array(part.buffer, 0, part.byteLength);
    await readFully(path, handle, bytes, position + 2 * done);
    decode(part, data, done);
  }
  return data;
}

function decodeFloat16(bits: Uint16Array, out: Float32Array | Int32Array, at: number): void {
  const values = float16Values();
  for (let i = 0; i < bits.length; i++) out[at + i] = values[bits[i] ?? 0] ?? 0;
}

function decodeBfloat16(bits: Uint16Array, out: Float32Array | Int32Array, at: number): void {
  for (let i = 0; i < bits.length; i++) out[at + i] = bfloat16ToNumber(bits[i] ?? 0);
}

/**
 * Fills `into` with the file's bytes from `position` on.
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
