import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { existsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bfloat16ToNumber,
  float16ToNumber,
  numberToBfloat16,
  numberToFloat16,
} from "./half-precision.ts";
import { type HostTensor, readSafetensors, SafetensorsFile } from "./safetensors.ts";
import { writeSafetensors } from "./write-safetensors.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file of a header, as text or as JSON, and data. */
async function write(header: unknown, data: Uint8Array | number = 0): Promise<string> {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const file = join(folder, "made.safetensors");
  await writeFile(
    file,
    Buffer.concat([prefix, json, typeof data === "number" ? Buffer.alloc(data) : data]),
  );
  return file;
}

async function problem(header: unknown, data: Uint8Array | number = 0): Promise<string> {
  const file = await write(header, data);
  const error: unknown = await readSafetensors(file).then(
    () => new Error("none"),
    (e: unknown) => e,
  );
  expect((error as Error).message.startsWith(file) || (error as Error).message === "none").toBe(
    true,
  );
  return (error as Error).message.slice(file.length);
}

const entry = (shape: number[], begin: number, end: number, dtype = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const names = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 0, maxLength: 8 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    'a"b',
    "a\\b",
    "é",
    "0",
    "encoder.layer.0.weight",
  ),
);
const tensor = fc.array(fc.nat({ max: 4 }), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  const exactly = { minLength: length, maxLength: length };
  return fc.oneof(
    fc.array(fc.float(), exactly).map((x): HostTensor => ({ shape, data: Float32Array.from(x) })),
    fc.array(fc.integer(), exactly).map((x): HostTensor => ({ shape, data: Int32Array.from(x) })),
  );
});
const tensors = fc
  .array(fc.tuple(names, tensor), { maxLength: 5 })
  .map((list) => Object.fromEntries(list.filter(([name]) => name !== "__metadata__")));

/** How many files are made up; more in nightly runs. */
const numRuns = Number(process.env["SWEETSPOT_FUZZ_RUNS"] ?? 60);

describe("writing and reading", () => {
  it.each([
    ["F32", (x: number) => x],
    ["F16", (x: number) => float16ToNumber(numberToFloat16(x))],
    ["BF16", (x: number) => bfloat16ToNumber(numberToBfloat16(x))],
  ] as const)(
    "gives back any tensors under any names, floats as %s and int32",
    { timeout: 60_000 + 50 * numRuns },
    async (floats, rounded) => {
      const file = join(folder, "round.safetensors");
      await fc.assert(
        fc.asyncProperty(tensors, async (given) => {
          await writeSafetensors(file, given, { floats });
          const expected = Object.fromEntries(
            Object.entries(given).map(([name, { shape, data }]) => [
              name,
              { shape, data: data instanceof Int32Array ? data : data.map(rounded) },
            ]),
          );
          const got = await readSafetensors(file);
          expect(Object.keys(got).toSorted()).toEqual(Object.keys(expected).toSorted());
          for (const [name, want] of Object.entries(expected)) {
            const have = Object.entries(got).find(([n]) => n === name)?.[1];
            expect(have).toEqual(want);
          }
        }),
        { numRuns },
      );
    },
  );

  it("writes the format that others read: length, JSON header, data from a multiple of 8", async () => {
    const file = join(folder, "bytes.safetensors");
    await writeSafetensors(
      file,
      {
        b: { shape: [2], data: Float32Array.of(1, -2) },
        a: { shape: [], data: Int32Array.of(-7) },
        none: { shape: [0, 3], data: new Float32Array(0) },
      },
      { metadata: { format: "pt" } },
    );
    const bytes = await readFile(file);
    const length = Number(bytes.readBigUInt64LE());
    expect((8 + length) % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
      __metadata__: { format: "pt" },
      b: entry([2], 0, 8),
      a: entry([], 8, 12, "I32"),
      none: entry([0, 3], 12, 12),
    });
    const data = bytes.subarray(8 + length);
    expect([data.readFloatLE(0), data.readFloatLE(4), data.readInt32LE(8), data.length]).toEqual([
      1, -2, -7, 12,
    ]);
    const opened = await SafetensorsFile.open(file);
    expect(opened.metadata).toEqual({ format: "pt" });
    expect([...opened.entries.keys()]).toEqual(["b", "a", "none"]);
    await opened.close();
  });

  it("writes the same bytes for the same tensors", async () => {
    const make = async (name: string) => {
      const file = join(folder, name);
      await writeSafetensors(file, { x: { shape: [3], data: Float32Array.of(1, NaN, 3) } });
      return readFile(file);
    };
    expect(await make("one")).toEqual(await make("two"));
  });

  it("writes only a view's numbers, not the whole array's", async () => {
    const file = join(folder, "view");
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    await writeSafetensors(file, { x: { shape: [2], data } });
    expect((await readSafetensors(file))["x"]?.data).toEqual(Float32Array.of(1, 2));
  });

  it("makes one lazy tensor at a time, when its turn comes", async () => {
    const file = join(folder, "lazy");
    const written: number[] = [];
    const bytes = 4 << 16;
    const lazy = (value: number) => ({
      shape: [1 << 16],
      dtype: "float32" as const,
      data: () => {
        written.push(Math.floor(statSync(file).size / bytes));
        return new Float32Array(1 << 16).fill(value);
      },
    });
    await writeSafetensors(file, { a: lazy(1), b: lazy(2), c: lazy(3) });
    // Each was asked for when the ones before it were in the file.
    expect(written).toEqual([0, 1, 2]);
    const got = await readSafetensors(file);
    expect(Object.values(got).map((t) => [t.data[0], t.data.at(-1)])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it("reads and writes past its chunks of 4 MB", async () => {
    const file = join(folder, "large");
    const count = (1 << 21) + 5;
    const data = Float32Array.from({ length: count }, (_, i) => (i % 2048) - 1024);
    for (const floats of ["F32", "F16"] as const) {
      await writeSafetensors(file, { x: { shape: [count], data } }, { floats });
      const read = (await readSafetensors(file))["x"]?.data as Float32Array;
      expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(data.buffer))).toBe(0);
    }
  });

  it("reads one tensor of the expected shape", async () => {
    const file = join(folder, "one");
    await writeSafetensors(file, { w: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } });
    const opened = await SafetensorsFile.open(file);
    expect(await opened.read("w", [2, 3])).toEqual({
      shape: [2, 3],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    await expect(opened.read("w", [3, 2])).rejects.toThrow(
      `${file}: tensor "w" must be [3, 2], got [2, 3]`,
    );
    await expect(opened.read("v")).rejects.toThrow(`${file}: no tensor "v"`);
    await expect(opened.read("toString")).rejects.toThrow('no tensor "toString"');
    await opened.close();
  });
});

describe("a damaged file", () => {
  it("is refused by name, with what is wrong", async () => {
    const [x, y] = [entry([2], 0, 8), entry([1], 8, 12)];
    expect(await problem({ x, y }, 12)).toBe("");
    expect(await problem({ x, y }, 11)).toBe(
      ': tensor "y" ends at byte 12 of 11; the file is truncated',
    );
    expect(await problem({ x, y }, 13)).toBe(": 1 bytes follow the last tensor");
    expect(await problem({ x, y: entry([1], 4, 8) }, 8)).toBe(
      ': tensor "y" begins at byte 4, expected 8: tensors overlap or leave a gap',
    );
    expect(await problem({ x, y: entry([1], 12, 16) }, 16)).toBe(
      ': tensor "y" begins at byte 12, expected 8: tensors overlap or leave a gap',
    );
    expect(await problem({ x: entry([3], 0, 8) }, 8)).toBe(
      ': tensor "x" of shape [3] and dtype F32 needs 12 bytes, but its offsets 0 to 8 hold 8',
    );
    expect(await problem({ x: entry([2], 8, 0) }, 8)).toContain("its offsets 8 to 0 hold -8");
    expect(await problem({ x: entry([2], 0, 8, "F12") }, 8)).toMatch(
      /: tensor "x": dtype: .*"F12"/,
    );
    expect(await problem({ x: { dtype: "F32", shape: [2] } }, 8)).toContain(
      'tensor "x": data_offsets:',
    );
    expect(await problem({ x: { ...x, offset: 0 } }, 8)).toContain(
      'tensor "x": unknown key "offset", did you mean',
    );
    expect(await problem({ x: entry([-2], 0, 8) }, 8)).toContain('tensor "x": shape.0:');
    expect(await problem({ x: entry([0.5], 0, 2) }, 2)).toContain('tensor "x": shape.0:');
    expect(await problem({ __metadata__: { a: 1 } })).toContain("__metadata__: a:");
  });

  it("has a shape too large to count", async () => {
    for (const shape of [
      [2 ** 40, 2 ** 40],
      [2 ** 53 - 1, 8],
      Array.from({ length: 40 }, () => 2 ** 30),
      [2 ** 32, 2 ** 32, 0],
    ])
      expect(await problem({ x: entry(shape, 0, 0) })).toContain(
        "more numbers than any file holds",
      );
    // 2^32 * 2^32 would be 0 in 64 bits.
    expect(await problem({ x: entry([2 ** 32, 2 ** 32], 0, 0, "U8") })).toContain("more numbers");
    expect(await problem({ x: entry([0, 2 ** 40], 0, 0) })).toBe("");
  });

  it("has no header, or one that is not JSON", async () => {
    const file = join(folder, "broken");
    for (const [bytes, message] of [
      [[], "expected a safetensors file, got 0 bytes; it is truncated"],
      [[1, 2, 3], "expected a safetensors file, got 3 bytes; it is truncated"],
      [
        [255, 255, 255, 255, 255, 255, 255, 255],
        "its header claims 18446744073709551615 bytes, but the file has 8",
      ],
      [[2, 0, 0, 0, 0, 0, 0, 0, 123], "its header claims 2 bytes, but the file has 9"],
    ] as const) {
      await writeFile(file, Uint8Array.from(bytes));
      await expect(readSafetensors(file)).rejects.toThrow(`${file}: ${message}`);
    }
    expect(await problem("{")).toContain(": its header is not JSON in UTF-8 (");
    expect(await problem("")).toContain("not JSON");
    expect(await problem("[]")).toBe(": its header must be a JSON object, got []");
    expect(await problem("null")).toContain("must be a JSON object, got null");
    const latin1 = Buffer.from('{"é":{}}', "latin1");
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(latin1.length));
    await writeFile(file, Buffer.concat([prefix, latin1]));
    await expect(readSafetensors(file)).rejects.toThrow("its header is not JSON in UTF-8");
    await expect(readSafetensors(folder)).rejects.toThrow(
      `${folder}: expected a safetensors file, got a folder`,
    );
    await expect(readSafetensors(join(folder, "none"))).rejects.toThrow(
      /none: cannot be opened \(ENOENT/,
    );
  });

  it("has a key twice, however it is escaped", async () => {
    const x = JSON.stringify(entry([1], 0, 4));
    expect(await problem(`{"x":${x},"x":${x}}`, 4)).toBe(': its header has the key "x" twice');
    expect(await problem(`{"x":${x}, "\\u0078" :${x}}`, 4)).toBe(
      ': its header has the key "\\u0078" twice',
    );
    expect(
      await problem(`{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
    ).toBe(': its header has the key "dtype" twice');
    // The same key in two tensors, and braces and colons inside of names, are no such thing.
    expect(await problem(`{"a{\\"":${x},"b}:":${JSON.stringify(entry([1], 4, 8))}}`, 8)).toBe("");
  });

  it("cut at any byte is always an error", async () => {
    const file = join(folder, "whole");
    await writeSafetensors(file, {
      a: { shape: [2], data: Float32Array.of(1, 2) },
      b: { shape: [3], data: Int32Array.of(3, 4, 5) },
    });
    const bytes = await readFile(file);
    const cut = join(folder, "cut");
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(cut, bytes.subarray(0, length));
      await expect(readSafetensors(cut)).rejects.toThrow(cut);
    }
  });

  it("reads float64 as the nearest float32, in chunks", async () => {
    // More than one chunk of 4 MB, its last short.
    const count = 2 ** 19 + 3;
    const file = join(folder, "float64");
    const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i) * 10 ** (i % 30));
    values.set([1e300, 1e-300, NaN, -0], 7);
    const header = Buffer.from(JSON.stringify({ x: entry([count], 0, 8 * count, "F64") }));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(header.length));
    await writeFile(file, Buffer.concat([prefix, header, new Uint8Array(values.buffer)]));
    const { x } = await readSafetensors(file);
    expect(x?.data).toEqual(Float32Array.from(values));
  });

  it("is distinguished from a Git LFS pointer", async () => {
    const file = join(folder, "pointer");
    await writeFile(file, "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n");
    await expect(readSafetensors(file)).rejects.toThrow(
      new TypeError(
        `${file}: is a Git LFS pointer, not the file itself; run git lfs pull where it was cloned, or download the file`,
      ),
    );
  });

  it("has a dtype of the format that is not read", async () => {
    const file = await write({ x: entry([1], 0, 8, "I64"), y: entry([1], 8, 12) }, 12);
    const opened = await SafetensorsFile.open(file);
    expect(await opened.read("y")).toEqual({ shape: [1], data: Float32Array.of(0) });
    await expect(opened.read("x")).rejects.toThrow(
      `${file}: tensor "x" is I64, expected F64, F32, F16, BF16 or I32`,
    );
    await opened.close();
  });
});

describe("what cannot be written", () => {
  const file = () => join(folder, "unwritten");
  it.each<[string, Record<string, unknown>, string]>([
    [
      "too few numbers",
      { x: { shape: [3], data: Float32Array.of(1, 2) } },
      'tensor "x" of shape [3] needs 3 numbers, got 2',
    ],
    [
      "another dtype",
      { x: { shape: [1], data: Uint8Array.of(1) } },
      'tensor "x" must be a Float32Array or Int32Array, got Uint8Array',
    ],
    [
      "a lazy tensor that is not what it said",
      { x: { shape: [1], dtype: "int32", data: () => Float32Array.of(1) } },
      'tensor "x" must be a Int32Array, got Float32Array',
    ],
    [
      "the format's own key",
      { __metadata__: { shape: [1], data: Float32Array.of(1) } },
      "a tensor cannot be called __metadata__",
    ],
    [
      "a tensor that fails when its turn comes",
      {
        first: { shape: [1], data: Float32Array.of(1) },
        x: { shape: [1], dtype: "float32", data: () => expect.fail("no weights for x") as never },
      },
      "no weights for x",
    ],
  ])("is an error, and leaves no file: %s", async (_, given, message) => {
    await expect(writeSafetensors(file(), given as never)).rejects.toThrow(message);
    expect(existsSync(file())).toBe(false);
  });

  // A device that is always full; only Linux has it.
  const full = existsSync("/dev/full");
  if (!full) console.log("skipped: a full disk (no /dev/full here)");
  it.skipIf(!full)("for the disk is full: says so, and leaves the device be", async () => {
    await expect(
      writeSafetensors("/dev/full", { x: { shape: [1], data: Float32Array.of(1) } }),
    ).rejects.toThrow(
      "cannot write /dev/full: no space left on the disk; free some, then run again",
    );
    expect((await stat("/dev/full")).isCharacterDevice()).toBe(true);
  });

  it("because the path leads through a file", async () => {
    await writeFile(join(folder, "plain"), "");
    const path = join(folder, "plain", "x.safetensors");
    await expect(writeSafetensors(path, {})).rejects.toThrow(
      `cannot write ${path}: part of the path is a file, not a folder`,
    );
  });
});
