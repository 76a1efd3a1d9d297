/** Faults that `writeZip` can write. */
export interface ZipFaults {
  method?: number;
  flags?: number;
  /** Added to the sizes in the directory. */
  packed?: number;
  plain?: number;
}

/** A zip file of stored entries, without checksums; every entry gets the `faults`. */
export function writeZip(
  entries: readonly (readonly [name: string, bytes: Uint8Array])[],
  faults: ZipFaults = {},
): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of entries) {
    const nameBytes = Buffer.from(name);
    const [size, length] = [bytes.length, nameBytes.length];
    const local = [u32(0x04034b50), u16(0, 0, 0, 0, 0), u32(0, size, size), u16(length, 0)];
    locals.push(...local, nameBytes, Buffer.from(bytes));
    centrals.push(
      u32(0x02014b50),
      u16(0, 0, faults.flags ?? 0, faults.method ?? 0, 0, 0),
      u32(0, size + (faults.packed ?? 0), size + (faults.plain ?? 0)),
      u16(length, 0, 0, 0, 0),
      u32(0, at),
      nameBytes,
    );
    at += 30 + nameBytes.length + bytes.length;
  }
  const directory = Buffer.concat(centrals);
  const counts = u16(0, 0, entries.length, entries.length);
  const end = Buffer.concat([u32(0x06054b50), counts, u32(directory.length, at), u16(0)]);
  return Buffer.concat([...locals, directory, end]);
}

const u16 = (...fields: number[]) => Buffer.from(Uint16Array.from(fields).buffer);
const u32 = (...fields: number[]) => Buffer.from(Uint32Array.from(fields).buffer);
