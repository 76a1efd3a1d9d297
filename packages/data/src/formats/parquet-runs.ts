/**
 * Decodes parquet's hybrid of run-length and bit-packed runs, which encodes levels, dictionary indices
 * and booleans. `count` bounds work and memory, whatever the runs claim.
 *
 * @param width bits of a value, 0 to 32
 * @returns `[count]`
 * @throws RangeError if a run is longer than the remaining values, or the bytes end too early
 * Source: the parquet format, Encodings.md (RLE).
 */
export function decodeRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  if (!(width >= 0 && width <= 32))
    throw new RangeError(`bit width: expected 0 to 32, got ${width}`);
  const values = new Uint32Array(count);
  let at = 0;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined) throw new RangeError(`runs: expected ${count} values, they end before`);
    return byte;
  };
  let seen = 0;
  while (seen < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = next();
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
      if (shift > 28) throw new RangeError("run header: expected at most 5 bytes");
    }
    const length = Math.floor(header / 2);
    if (header % 2 === 0) {
      if (length > count - seen)
        throw new RangeError(`run: expected at most ${count - seen} values, got ${length}`);
      let value = 0;
      for (let byte = 0; 8 * byte < width; byte++) value += next() * 2 ** (8 * byte);
      values.fill(value, seen, seen + length);
      seen += length;
      continue;
    }
    // Groups of eight; the last may be padded or cut off.
    const end = Math.min(count, seen + 8 * length);
    const begin = at;
    for (let i = 0; seen < end; seen++, i++) values[seen] = packed(bytes, begin, i * width, width);
    at = begin + length * width;
  }
  return values;
}

/** The number of `width` bits that starts at a bit, lowest bit first. */
function packed(bytes: Uint8Array, begin: number, bit: number, width: number): number {
  let value = 0;
  for (let done = 0; done < width;) {
    const position = bit + done;
    const byte = bytes[begin + (position >>> 3)];
    if (byte === undefined) throw new RangeError("bit-packed run: it is cut short");
    const offset = position & 7;
    const taken = Math.min(8 - offset, width - done);
    value += ((byte >>> offset) & ((1 << taken) - 1)) * 2 ** done;
    done += taken;
  }
  return value;
}
