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
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(bytes.length, 18);
    local.writeUInt32LE(bytes.length, 22);
    local.writeUInt16LE(nameBytes.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(faults.flags ?? 0, 8);
    central.writeUInt16LE(faults.method ?? 0, 10);
    central.writeUInt32LE(bytes.length + (faults.packed ?? 0), 20);
    central.writeUInt32LE(bytes.length + (faults.plain ?? 0), 24);
    central.writeUInt16LE(nameBytes.length, 28);
    central.writeUInt32LE(at, 42);
    locals.push(local, nameBytes, Buffer.from(bytes));
    centrals.push(central, nameBytes);
    at += 30 + nameBytes.length + bytes.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}
