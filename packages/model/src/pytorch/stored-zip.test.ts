import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeZip } from "../../test/write-zip.ts";
import { zipEntries, zipEntryStart } from "./stored-zip.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stored-zip-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Each entry's contents. */
async function contents(zip: Buffer): Promise<Record<string, string>> {
  const path = join(folder, "made.zip");
  await writeFile(path, zip);
  const handle = await open(path, "r");
  try {
    const found: [string, string][] = [];
    for (const [name, entry] of await zipEntries(path, handle, zip.length)) {
      const start = await zipEntryStart(path, handle, name, entry, zip.length);
      found.push([name, zip.toString("latin1", start, start + entry.bytes)]);
    }
    return Object.fromEntries(found);
  } finally {
    await handle.close();
  }
}

const entries = [
  ["a/one", Buffer.from("first")],
  ["a/é", Buffer.from("")],
  ["b", Buffer.from("third")],
] as const;
const zip = () => writeZip(entries);
const patched = (change: (bytes: Buffer) => void) => {
  const bytes = zip();
  change(bytes);
  return bytes;
};

describe("a zip of stored entries", () => {
  it("is read from its directory", async () => {
    expect(await contents(zip())).toEqual({ "a/one": "first", "a/é": "", b: "third" });
    expect(await contents(writeZip([]))).toEqual({});
  });

  it("may have a comment that contains an end record", async () => {
    const bytes = patched((b) => b.writeUInt16LE(30, b.length - 2));
    const comment = Buffer.concat([writeZip([]), Buffer.alloc(8, "x")]);
    expect(await contents(Buffer.concat([bytes, comment]))).toHaveProperty("b", "third");
  });

  it.each<[string, () => Buffer, string]>([
    ["compressed", () => writeZip(entries, { method: 8 }), "is compressed (method 8)"],
    ["encrypted", () => writeZip(entries, { flags: 1 }), "is encrypted"],
    ["of two sizes", () => writeZip(entries, { packed: 1 }), "has 6 bytes for 5"],
    ["too long", () => writeZip(entries, { packed: 999, plain: 999 }), "ends past byte"],
    [
      "without the zip64 sizes it refers to",
      () => writeZip(entries, { plain: 0xfffffffa, packed: 0xfffffffa }),
      "lacks its zip64 sizes",
    ],
    ["there twice", () => writeZip([...entries, ...entries]), 'entry "a/one" is there twice'],
  ])("whose entry is %s is refused", async (_, make, message) => {
    await expect(contents(make())).rejects.toThrow(message);
    await expect(contents(make())).rejects.toThrow(join(folder, "made.zip"));
  });

  it.each<[string, (bytes: Buffer) => void, string]>([
    ["no end record", (b) => b.fill(0, b.length - 22), "a zip file without its end record"],
    [
      "a directory that is too long",
      (b) => b.writeUInt32LE(0xfffffff, b.length - 10),
      "its zip directory is said to have 268435455 bytes",
    ],
    ["a directory elsewhere", (b) => b.writeUInt32LE(0, b.length - 6), "expected entry 0"],
    [
      "a directory past the end",
      (b) => b.writeUInt32LE(b.length, b.length - 6),
      "its zip directory",
    ],
    [
      "too many entries",
      (b) => b.fill(0xff, b.length - 14, b.length - 10),
      "said to have 65535 entries",
    ],
    [
      "an entry less",
      (b) => b.fill(2, b.length - 14, b.length - 13).fill(2, b.length - 12, b.length - 11),
      "bytes follow the zip's directory",
    ],
    ["a second part", (b) => b.fill(1, b.length - 18, b.length - 17), "a zip of several parts"],
    ["an entry over the next", (b) => b.fill(9, 130, 131).fill(9, 134, 135), "inside of another"],
    ["no local header", (b) => b.fill(0, 0, 4), 'expected entry "a/one" at byte 0'],
    [
      "another name in a local header",
      (b) => b.fill("x", 30, 31),
      'expected entry "a/one" at byte 0',
    ],
    ["a long local header", (b) => b.fill(0xff, 28, 30), 'entry "a/one" ends past the file'],
    [
      "a zip64 record past every file",
      (b) => {
        const locator = Buffer.alloc(20, 0xff);
        locator.writeUInt32LE(0x07064b50);
        b.set(locator, b.length - 42);
      },
      "its zip64 end record is outside of the file",
    ],
  ])("with %s is refused", async (_, change, message) => {
    await expect(contents(patched(change))).rejects.toThrow(message);
  });

  it("whose directory is over 16 MB is refused before it is read", async () => {
    const end = writeZip([]);
    end.writeUInt32LE(2 ** 24 + 1, end.length - 10);
    await expect(contents(Buffer.concat([Buffer.alloc(2 ** 24 + 1), end]))).rejects.toThrow(
      "its zip directory is said to have 16777217 bytes at byte 0",
    );
  });
});
