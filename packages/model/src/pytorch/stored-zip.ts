// Not yauzl 3.4: an offset over 2^53 ends the process, a directory of a million entries takes a minute, and
// entries that are there twice, overlap or have another local header are read.
import { readFully } from "@sweetspot/artifact";
import type { FileHandle } from "node:fs/promises";

/** An uncompressed entry of a zip file. */
export interface ZipEntry {
  bytes: number;
  /** Where its local header begins, in bytes from the start of the file. */
  header: number;
}

const endBytes = 22;
const end64Bytes = 56;
const locatorBytes = 20;
const centralBytes = 46;
const localBytes = 30;
/** A directory of 100,000 entries has about 10 MB. */
const maximumDirectoryBytes = 1 << 24;

/**
 * The entries of a zip or zip64 file by name, from its central directory; their contents are not read.
 *
 * Checksums are not checked: torch.save may write others (`torch.serialization.set_crc32_options`).
 *
 * @param size the file's, in bytes
 * @throws TypeError or RangeError, naming the file and the entry, if the file is truncated, its directory
 *   malformed, or an entry compressed, encrypted, repeated, outside of the file or over another
 * Source: PKWARE APPNOTE 6.3.10, 4.3 and 4.5.3.
 */
export async function zipEntries(
  path: string,
  handle: FileHandle,
  size: number,
): Promise<Map<string, ZipEntry>> {
  const { count, start, bytes } = await findDirectory(path, handle, size);
  const directory = Buffer.alloc(bytes);
  await readFully(path, handle, directory, start);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + centralBytes > bytes || directory.readUInt32LE(at) !== 0x02014b50)
      throw new TypeError(`${path}: expected entry ${i} in the zip's directory; it is damaged`);
    const nameStart = at + centralBytes;
    const extraStart = nameStart + directory.readUInt16LE(at + 28);
    const extraEnd = extraStart + directory.readUInt16LE(at + 30);
    const next = extraEnd + directory.readUInt16LE(at + 32);
    if (next > bytes)
      throw new RangeError(`${path}: entry ${i} ends past the zip's directory; it is damaged`);
    const name = directory.toString("utf8", nameStart, extraStart);
    const about = () => entryName(path, name);
    if ((directory.readUInt16LE(at + 8) & 1) !== 0)
      throw new TypeError(`${about()} is encrypted, expected a stored entry`);
    const method = directory.readUInt16LE(at + 10);
    if (method !== 0)
      throw new TypeError(
        `${about()} is compressed (method ${method}), expected a stored entry; save the file again with torch.save`,
      );
    const numbers = [24, 20, 42].map((offset) => directory.readUInt32LE(at + offset));
    const large = zip64Numbers(directory.subarray(extraStart, extraEnd), numbers);
    if (large === undefined)
      throw new RangeError(`${about()} lacks its zip64 sizes; it is damaged`);
    const [plain = 0, packed = 0, header = 0] = large;
    if (plain !== packed)
      throw new RangeError(`${about()} has ${packed} bytes for ${plain}, expected a stored entry`);
    if (header + localBytes + extraStart - nameStart + plain > start)
      throw new RangeError(
        `${about()} of ${plain} bytes at ${header} ends past byte ${start}; it is damaged`,
      );
    if (entries.has(name)) throw new RangeError(`${about()} is there twice`);
    entries.set(name, { bytes: plain, header });
    at = next;
  }
  if (at !== bytes)
    throw new RangeError(`${path}: ${bytes - at} bytes follow the zip's directory; it is damaged`);
  checkOverlap(path, entries);
  return entries;
}

/** Where an entry's bytes begin. @throws as `zipEntries`, if its local header does not match */
export async function zipEntryStart(
  path: string,
  handle: FileHandle,
  name: string,
  { header, bytes }: ZipEntry,
  size: number,
): Promise<number> {
  const expected = Buffer.from(name);
  const local = Buffer.alloc(localBytes + expected.length);
  await readFully(path, handle, local, header);
  const sound =
    local.readUInt32LE(0) === 0x04034b50 &&
    local.readUInt16LE(8) === 0 &&
    local.readUInt16LE(26) === expected.length &&
    local.subarray(localBytes).equals(expected);
  if (!sound)
    throw new TypeError(`${path}: expected entry "${name}" at byte ${header}; it is damaged`);
  const start = header + local.length + local.readUInt16LE(28);
  if (start + bytes > size)
    throw new RangeError(`${path}: entry "${name}" ends past the file; it is truncated`);
  return start;
}

async function findDirectory(
  path: string,
  handle: FileHandle,
  size: number,
): Promise<{ count: number; start: number; bytes: number }> {
  // A comment of up to 65,535 bytes may follow the end record.
  const tail = Buffer.alloc(Math.min(size, endBytes + 0xffff + locatorBytes));
  await readFully(path, handle, tail, size - tail.length);
  let end = tail.length - endBytes;
  const isEnd = () =>
    tail.readUInt32LE(end) === 0x06054b50 &&
    end + endBytes + tail.readUInt16LE(end + 20) === tail.length;
  while (end >= 0 && !isEnd()) end--;
  if (end < 0) throw new RangeError(`${path}: a zip file without its end record; it is truncated`);
  let disks = [tail.readUInt16LE(end + 4), tail.readUInt16LE(end + 6)];
  let counts = [BigInt(tail.readUInt16LE(end + 8)), BigInt(tail.readUInt16LE(end + 10))];
  let bytes = BigInt(tail.readUInt32LE(end + 12));
  let start = BigInt(tail.readUInt32LE(end + 16));
  let limit = size - tail.length + end;
  const locator = end - locatorBytes;
  if (locator >= 0 && tail.readUInt32LE(locator) === 0x07064b50) {
    const position = tail.readBigUInt64LE(locator + 8);
    limit -= locatorBytes;
    if (position + BigInt(end64Bytes) > BigInt(limit))
      throw new RangeError(`${path}: its zip64 end record is outside of the file; it is damaged`);
    limit = Number(position);
    const record = Buffer.alloc(end64Bytes);
    await readFully(path, handle, record, limit);
    if (record.readUInt32LE(0) !== 0x06064b50)
      throw new TypeError(`${path}: expected a zip64 end record at byte ${limit}; it is damaged`);
    disks = [record.readUInt32LE(16), record.readUInt32LE(20)];
    counts = [record.readBigUInt64LE(24), record.readBigUInt64LE(32)];
    bytes = record.readBigUInt64LE(40);
    start = record.readBigUInt64LE(48);
  }
  const [count = 0n, total = 0n] = counts;
  if (disks.some((disk) => disk !== 0) || count !== total)
    throw new TypeError(`${path}: a zip of several parts, expected one file`);
  if (start + bytes > BigInt(limit) || bytes > BigInt(maximumDirectoryBytes))
    throw new RangeError(
      `${path}: its zip directory is said to have ${bytes} bytes at byte ${start} of ${size}; it is truncated or damaged`,
    );
  if (count * BigInt(centralBytes) > bytes)
    throw new RangeError(
      `${path}: its zip directory is said to have ${count} entries in ${bytes} bytes; it is damaged`,
    );
  return { count: Number(count), start: Number(start), bytes: Number(bytes) };
}

/**
 * The numbers of an entry, of which those of all ones are in its zip64 field, in this order; nothing if
 * they are not there. One over 2^53 is rounded, and is past every file's end.
 */
function zip64Numbers(extra: Buffer, numbers: readonly number[]): readonly number[] | undefined {
  if (!numbers.includes(0xffffffff)) return numbers;
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) return undefined;
    if (extra.readUInt16LE(at) === 1) {
      let next = at + 4;
      const large = numbers.map((number) => {
        if (number !== 0xffffffff) return number;
        next += 8;
        return next > end ? NaN : Number(extra.readBigUInt64LE(next - 8));
      });
      return next > end ? undefined : large;
    }
    at = end;
  }
  return undefined;
}

function checkOverlap(path: string, entries: ReadonlyMap<string, ZipEntry>): void {
  let end = 0;
  for (const [name, { header, bytes }] of [...entries].sort(
    ([, a], [, b]) => a.header - b.header,
  )) {
    if (header < end)
      throw new RangeError(
        `${entryName(path, name)} begins at byte ${header}, inside of another; the file is damaged`,
      );
    end = header + localBytes + Buffer.byteLength(name) + bytes;
  }
}

function entryName(path: string, name: string): string {
  return `${path}: entry ${JSON.stringify(name.slice(0, 200))}`;
}
