import { splitmix32, uniform } from "@sweetspot/statistics";
import { parquetFile, varint } from "./write-parquet.ts";

const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);

/** Small parquet files to damage, in addition to those in `reference`. */
export const madeSeeds: readonly Uint8Array[] = [
  parquetFile([
    { name: "sentence", strings: texts },
    { name: "label", integers: texts.map((_, i) => BigInt(i % 2)) },
  ]),
  parquetFile([
    { name: "sentence", strings: texts },
    { name: "label", doubles: texts.map((_, i) => i % 3) },
  ]),
];

/** Numbers that break readers: the limits of integer widths, and numbers near them. */
const edges = [
  0n,
  1n,
  2n,
  127n,
  2n ** 15n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/**
 * Damages a parquet file, the same way for the same number: replaces bytes, or varints of its headers
 * and metadata by other varints (and keeps the length of the metadata right), copies or removes a
 * stretch, or cuts off the end.
 */
export function parquetMutant(seed: Uint8Array, number: number): Uint8Array {
  const random = splitmix32(number, seed.length);
  const below = (n: number) => Math.floor(uniform(random) * n);
  let bytes = Buffer.from(seed);
  for (let edits = 1 + below(4); edits > 0; edits--) {
    const footer =
      bytes.length < 12 ? 0 : Math.max(0, bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8));
    const at = uniform(random) < 0.5 ? below(bytes.length) : footer + below(bytes.length - footer);
    const kind = below(8);
    if (kind < 2) bytes[at] = below(256);
    else if (kind < 6) {
      let end = at;
      while ((bytes[end] ?? 0) >= 0x80) end++;
      const value =
        kind === 2 ? BigInt(below(300)) : (edges[below(edges.length)] ?? 0n) + BigInt(below(3));
      bytes = replaced(bytes, { at, end: end + 1, by: varint(value) }, footer);
    } else if (kind === 6) {
      const from = below(bytes.length);
      const part = Buffer.from(bytes.subarray(from, from + below(40)));
      bytes = replaced(bytes, { at, end: at + below(2) * part.length, by: part }, footer);
    } else if (below(4) === 0) bytes = bytes.subarray(0, at);
    else bytes[at] = [0, 0xff, 0x1c, 0x19, 0xfc][below(5)] ?? 0;
    if (bytes.length === 0) break;
  }
  return bytes;
}

/** Replaces bytes, and updates the length of the metadata. */
function replaced(
  bytes: Buffer,
  { at, end, by }: { at: number; end: number; by: Uint8Array },
  footer: number,
): Buffer<ArrayBuffer> {
  const result = Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(end)]);
  const length = result.length - 8;
  if (at >= footer && end <= bytes.length - 8 && length >= 0)
    result.writeUInt32LE(
      (bytes.readUInt32LE(bytes.length - 8) + result.length - bytes.length) >>> 0,
      length,
    );
  return result;
}
