import { existsSync } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { writeZip } from "../../test/write-zip.ts";
import { PytorchFile } from "./pytorch-file.ts";

const reference = fileURLToPath(new URL("../../reference/pytorch-files/", import.meta.url));
const about = z
  .object({
    tensors: z.record(z.string(), z.object({ shape: z.array(z.int()), dtype: z.string() })),
    hostile: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(await readFile(join(reference, "pytorch-files.json"), "utf8")));
// zod leaves this key out.
const names = [...Object.keys(about.tensors), "__proto__"];

let folder = "";
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pytorch-file-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function made(bytes: Uint8Array): Promise<string> {
  const file = join(folder, `${count++}.bin`);
  await writeFile(file, bytes);
  return file;
}

/** What opening the file, or else reading all of it, is refused for. */
async function problem(bytes: Uint8Array): Promise<string> {
  const path = await made(bytes);
  let error: unknown;
  const file = await PytorchFile.open(path).catch((e: unknown) => void (error = e));
  if (file) {
    for (const name of file.names) await file.read(name).catch((e: unknown) => (error ??= e));
    await file.close();
  }
  if (!(error instanceof Error)) return "none";
  expect(error.message.slice(0, path.length)).toBe(path);
  return error.message.slice(path.length + 2);
}

// Pickles by hand.
const ascii = (text: string) => Buffer.from(text, "latin1");
const text = (value: string) => Buffer.concat([ascii("X"), length(value.length), ascii(value)]);
const length = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const uint = (value: number) => Buffer.concat([ascii("\x8a\x07"), toBytes(value)]);
const tuple = (...items: Uint8Array[]) => Buffer.concat([ascii("("), ...items, ascii("t")]);
const global = (name: string) => ascii(`c${name.replace(" ", "\n")}\n`);
const storage = (key: string, size: number, type = "FloatStorage", view = ascii("N")) =>
  Buffer.concat([
    tuple(text("storage"), global(`torch ${type}`), text(key), text("cpu"), uint(size), view),
    ascii("Q"),
  ]);
const tensor = (of: Uint8Array, offset: number, shape: number[], strides: number[]) =>
  Buffer.concat([
    global("torch._utils _rebuild_tensor_v2"),
    tuple(
      of,
      uint(offset),
      tuple(...shape.map(uint)),
      tuple(...strides.map(uint)),
      ascii("\x89"),
      ascii("}"),
    ),
    ascii("R"),
  ]);
const dictionary = (items: Record<string, Uint8Array>) =>
  Buffer.concat([
    ascii("}("),
    ...Object.entries(items).flatMap(([name, item]) => [text(name), item]),
    ascii("u"),
  ]);
const pickle = (...parts: Uint8Array[]) => Buffer.concat([ascii("\x80\x02"), ...parts, ascii(".")]);

function toBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes.subarray(0, 7);
}

const zip = (pickled: Uint8Array, storages: Record<string, Uint8Array> = {}) =>
  writeZip([
    ["a/data.pkl", pickled],
    ["a/version", ascii("3\n")],
    ...Object.entries(storages).map(([key, bytes]) => [`a/data/${key}`, bytes] as const),
  ]);
const magic = ascii("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.");
const preamble = [
  magic,
  pickle(ascii("M\xe9\x03")),
  pickle(dictionary({ little_endian: ascii("\x88") })),
];
const legacy = (pickled: Uint8Array, keys: string[] = [], data: Uint8Array[] = []) =>
  Buffer.concat([
    ...preamble,
    pickled,
    pickle(ascii("]("), ...keys.map(text), ascii("e")),
    ...data,
  ]);
const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const counted = (values: number, bytes: Uint8Array) =>
  Buffer.concat([toBytes(values), Buffer.alloc(1), bytes]);

const tensorOfNothing = dictionary({ x: tensor(storage("0", 1), 0, [1], [1]) });

describe("files that PyTorch wrote", () => {
  it.each(["zip.bin", "legacy.bin", "protocol-4.bin"])(
    "%s: float and int32 tensors have PyTorch's values, others are known by name",
    async (name) => {
      const path = join(reference, name);
      const file = await PytorchFile.open(path);
      expect([...file.names].toSorted()).toEqual(names.toSorted());
      const expected = await readSafetensors(join(reference, "expected.safetensors"));
      expect(Object.keys(expected)).toHaveLength(names.length - 3);
      for (const [tensor, want] of Object.entries(expected)) {
        expect({ tensor, ...(await file.read(tensor, want.shape)) }).toEqual({ tensor, ...want });
      }
      // The file's own eight bytes each, by Python's struct.
      expect(await file.read("double", [2])).toEqual({
        shape: [2],
        data: Float32Array.of(-0.16439463198184967, -0.4113702178001404),
      });
      for (const [tensor, dtype] of [
        ["embeddings.position_ids", "I64"],
        ["mask", "BOOL"],
      ] as const)
        await expect(file.read(tensor)).rejects.toThrow(
          `${path}: tensor "${tensor}" is ${dtype}, expected F64, F32, F16, BF16 or I32`,
        );
      await expect(file.read("slice", [7, 3])).rejects.toThrow(
        `${path}: tensor "slice" must be [7, 3], got [3, 7]`,
      );
      await expect(file.read("toString")).rejects.toThrow(`${path}: no tensor "toString"`);
      await file.close();
    },
  );

  it("finds the state_dict inside another dictionary", async () => {
    const file = await PytorchFile.open(join(reference, "nested.bin"));
    const expected = await readSafetensors(join(reference, "expected.safetensors"));
    expect([...file.names]).toEqual(["embeddings.weight", "transposed", "half"]);
    for (const name of file.names) expect(await file.read(name)).toEqual(expected[name]);
    await file.close();
  });

  it("reads past 4 GB, in a zip64 file with holes", async () => {
    const path = join(folder, "large.bin");
    const handle = await open(path, "w");
    const big = 2 ** 32 + 64;
    const described = pickle(
      dictionary({
        last: tensor(storage("0", big / 4), big / 4 - 3, [3], [1]),
        next: tensor(storage("1", 2), 0, [2], [1]),
      }),
    );
    const contents: [string, Uint8Array, number][] = [
      ["a/data.pkl", described, described.length],
      ["a/version", ascii("3\n"), 2],
      ["a/data/0", floats(2, 3, 5), big],
      ["a/data/1", floats(7, 11), 8],
    ];
    const centrals: Buffer[] = [];
    let at = 0;
    for (const [name, bytes, size] of contents) {
      const local = Buffer.alloc(30);
      local.writeUInt32LE(0x04034b50, 0);
      local.writeUInt16LE(name.length, 26);
      await handle.write(Buffer.concat([local, ascii(name)]), 0, null, at);
      const central = Buffer.alloc(46 + name.length + 28);
      central.writeUInt32LE(0x02014b50, 0);
      for (const offset of [20, 24, 42]) central.writeUInt32LE(0xffffffff, offset);
      central.writeUInt16LE(name.length, 28);
      central.writeUInt16LE(28, 30);
      central.write(name, 46);
      const extra = 46 + name.length;
      central.writeUInt16LE(1, extra);
      central.writeUInt16LE(24, extra + 2);
      [size, size, at].forEach((n, i) => central.writeBigUInt64LE(BigInt(n), extra + 4 + 8 * i));
      centrals.push(central);
      at += 30 + name.length + size;
      await handle.write(bytes, 0, null, at - bytes.length);
    }
    const directory = Buffer.concat(centrals);
    const end = Buffer.alloc(56 + 20 + 22, 0);
    end.writeUInt32LE(0x06064b50, 0);
    end.writeBigUInt64LE(4n, 24);
    end.writeBigUInt64LE(4n, 32);
    end.writeBigUInt64LE(BigInt(directory.length), 40);
    end.writeBigUInt64LE(BigInt(at), 48);
    end.writeUInt32LE(0x07064b50, 56);
    end.writeBigUInt64LE(BigInt(at + directory.length), 64);
    end.writeUInt32LE(0x06054b50, 76);
    for (const offset of [84, 86]) end.writeUInt16LE(0xffff, offset);
    for (const offset of [88, 92]) end.writeUInt32LE(0xffffffff, offset);
    await handle.write(Buffer.concat([directory, end]), 0, null, at);
    await handle.close();
    const file = await PytorchFile.open(path);
    expect(await file.read("last")).toEqual({ shape: [3], data: Float32Array.of(2, 3, 5) });
    expect(await file.read("next")).toEqual({ shape: [2], data: Float32Array.of(7, 11) });
    await file.close();
    await rm(path);
  });

  it("reads a storage that is part of another, as PyTorch before 1.0 wrote it", async () => {
    const view = tuple(text("7"), uint(2), uint(3));
    const part = tensor(storage("0", 6, "FloatStorage", view), 1, [2], [1]);
    const data = [counted(6, floats(1, 2, 3, 4, 5, 6))];
    const file = await PytorchFile.open(
      await made(legacy(pickle(dictionary({ part })), ["0"], data)),
    );
    expect((await file.read("part")).data).toEqual(Float32Array.of(4, 5));
    await file.close();
    const outside = tuple(text("7"), uint(4), uint(3));
    expect(
      await problem(
        legacy(
          pickle(dictionary({ x: tensor(storage("0", 6, "FloatStorage", outside), 0, [1], [1]) })),
          ["0"],
          data,
        ),
      ),
    ).toBe('its pickle has a view outside of storage "0"');
  });

  it("reads an OrderedDict of pairs, as Python 2 wrote it", async () => {
    const pair = Buffer.concat([
      ascii("]("),
      ascii("U\x01w"),
      tensor(storage("0", 2), 0, [2], [1]),
      ascii("e"),
    ]);
    const ordered = Buffer.concat([
      global("collections OrderedDict"),
      tuple(Buffer.concat([ascii("]"), pair, ascii("a")])),
      ascii("R"),
    ]);
    const file = await PytorchFile.open(await made(zip(pickle(ordered), { 0: floats(3, 5) })));
    expect((await file.read("w")).data).toEqual(Float32Array.of(3, 5));
    await file.close();
  });
});

describe("a pickle that would run code", () => {
  it.each(Object.entries(about.hostile))("is refused: %s, by the name %s", async (name, what) => {
    const pickled = await readFile(join(reference, "hostile", `${name}.pkl`));
    for (const bytes of [zip(pickled), legacy(pickled)]) {
      const message = await problem(bytes);
      expect(message).toContain(what);
      expect(message).toMatch(/refused.*convert the file to safetensors$/);
    }
    // Before the legacy format's object not even tensors are read.
    expect(await problem(Buffer.concat([magic, pickled]))).toContain("refused");
    expect(existsSync("sweetspot-was-here")).toBe(false);
  });

  it("is refused inside a tensor's arguments, and under a name with a line break", async () => {
    const odd = pickle(ascii("cposix\x1b[2J\nsys\ttem\n"));
    expect(await problem(zip(odd))).toContain('asks for "posix\\u001b[2J.sys\\ttem": refused');
    const metadata = pickle(
      global("torch._utils _rebuild_tensor_v2"),
      tuple(
        storage("0", 1),
        uint(0),
        tuple(uint(1)),
        tuple(uint(1)),
        ascii("\x89"),
        ascii("}"),
        dictionary({ neg: ascii("\x88") }),
      ),
      ascii("R"),
    );
    expect(await problem(zip(metadata, { 0: floats(1) }))).toBe(
      "its pickle calls _rebuild_tensor_v2 with arguments other than the 6 that are supported",
    );
  });
});

describe("refuses a false description", () => {
  const lie = (x: Uint8Array, bytes: Uint8Array = floats(1, 2, 3)) =>
    problem(zip(pickle(dictionary({ x })), { 0: bytes }));

  it("of a storage's size", async () => {
    expect(await lie(tensor(storage("0", 3), 0, [3], [1]))).toBe("none");
    expect(await lie(tensor(storage("0", 2 ** 40), 0, [3], [1]))).toBe(
      'tensor "x" is in storage "0" of 1099511627776 F32, got 12 bytes',
    );
    expect(await lie(tensor(storage("1", 3), 0, [3], [1]))).toBe(
      'tensor "x" is in storage "1", which the file lacks',
    );
    expect(await lie(tensor(storage("../0", 3), 0, [3], [1]))).toContain("which the file lacks");
    const twice = dictionary({
      x: tensor(storage("0", 3), 0, [3], [1]),
      y: tensor(storage("0", 3, "IntStorage"), 0, [3], [1]),
    });
    expect(await problem(zip(pickle(twice), { 0: floats(1, 2, 3) }))).toBe(
      'its pickle describes storage "0" as 3 I32, and before as 3 F32',
    );
  });

  it("of a tensor's place, shape or strides", async () => {
    const of = storage("0", 3);
    expect(await lie(tensor(of, 1, [3], [1]))).toBe(
      'its pickle has a tensor [3] that ends at number 3 of storage "0", which has 3',
    );
    expect(await lie(tensor(of, 0, [2, 2], [2, 1]))).toContain("ends at number 3");
    expect(await lie(tensor(of, 0, [2], [2 ** 52]))).toContain("ends at number 4503599627370496");
    expect(await lie(tensor(of, 0, [2 ** 52, 2 ** 52], [2 ** 52, 1]))).toContain("ends at number");
    expect(await lie(tensor(of, 0, [3], [1, 1]))).toContain("1 sizes and 2 strides");
    // Many numbers out of one: no more than the file could hold.
    expect(await lie(tensor(of, 0, [2 ** 40], [0]))).toMatch(
      /^tensor "x" of shape \[1099511627776\] and dtype F32 needs 4398046511104 bytes, the whole file/,
    );
    expect(await lie(tensor(of, 0, [2 ** 30, 2 ** 30], [0, 0]))).toContain("more numbers than any");
    expect(await lie(tensor(of, 0, Array(65).fill(1), Array(65).fill(1)))).toContain(
      "65 sizes and 65 strides",
    );
    // Axes of size 1 may have any stride, and an empty tensor may lie anywhere.
    expect(await lie(tensor(of, 0, [1, 3], [99, 1]))).toBe("none");
    expect(await lie(tensor(of, 99, [0, 3], [3, 1]))).toBe("none");
  });

  it("of the storages of the legacy format", async () => {
    const described = pickle(dictionary({ x: tensor(storage("0", 3), 0, [3], [1]) }));
    const data = floats(1, 2, 3);
    const whole = legacy(described, ["0"], [counted(3, data)]);
    expect(await problem(whole)).toBe("none");
    expect(await problem(whole.subarray(0, -1))).toMatch(
      /^storage "0" ends at byte \d+ of \d+; the file is truncated/,
    );
    expect(await problem(Buffer.concat([whole, data]))).toBe(
      "12 bytes follow the last storage, expected none",
    );
    expect(await problem(legacy(described, ["0"], [counted(2 ** 50, data)]))).toBe(
      'storage "0" has 1125899906842624 numbers, expected 3; the file is damaged',
    );
    expect(await problem(legacy(described, ["1"], [counted(3, data)]))).toContain('storage "1"');
    expect(await problem(legacy(described))).toBe(
      'tensor "x" is in storage "0", which the file lacks',
    );
  });

  it("of the kind of file", async () => {
    expect(await problem(ascii(""))).toContain(
      "expected a file written by torch.save, got another file",
    );
    expect(await problem(ascii("version https://git-lfs.github.com/spec/v1\n"))).toContain(
      "is a Git LFS pointer, not the file itself; run git lfs pull",
    );
    expect(await problem(pickle(ascii("K\x01")))).toContain(
      "a pickle, expected a file written by torch.save",
    );
    expect(await problem(zip(pickle(ascii("K\x01"))))).toBe(
      "expected a state_dict, a dictionary of tensors, got 1",
    );
    expect(await problem(zip(pickle(dictionary({ epoch: ascii("K\x01") }))))).toContain(
      'got no tensors under the keys "epoch"',
    );
    const x = dictionary({ x: tensor(storage("0", 1), 0, [1], [1]) });
    expect(await problem(zip(pickle(dictionary({ a: x, b: x })), { 0: floats(1) }))).toContain(
      'got 2 dictionaries of tensors under the keys "a", "b"',
    );
    expect(await problem(writeZip([["a/version", ascii("3\n")]]))).toContain(
      "expected one entry data.pkl in a folder of the zip, got none",
    );
    expect(
      await problem(
        writeZip([
          ["a/data.pkl", pickle(ascii("}"))],
          ["a/version", ascii("3\n")],
          ["a/byteorder", ascii("big")],
        ]),
      ),
    ).toContain('expected byteorder "little", got "big"');
    expect(
      await problem(
        writeZip([
          ["a/data.pkl", pickle(ascii("}"))],
          ["a/version", ascii("99")],
        ]),
      ),
    ).toContain("expected version 1 to 10");
    await expect(PytorchFile.open(folder)).rejects.toThrow(
      `${folder}: expected a PyTorch file, got a folder`,
    );
    await expect(PytorchFile.open(join(folder, "none"))).rejects.toThrow("none: cannot be opened");
  });
});

it("errors describe a value that contains itself, or nests to any depth, without its contents", async () => {
  const twice = ascii(`)${"2\x86".repeat(40_000)}`);
  const itself = ascii("]q\x00h\x00a");
  for (const value of [twice, itself, ascii(`]${"\x85".repeat(40_000)}`)]) {
    const start = performance.now();
    expect(await problem(zip(pickle(value)))).toMatch(/got a (tuple|list)$/);
    expect(await problem(zip(pickle(ascii("}"), value, ascii("K\x01s"))))).toMatch(
      /under the keys a (tuple|list)$/,
    );
    expect(await problem(Buffer.concat([magic, pickle(value)]))).toMatch(/got a (tuple|list)$/);
    const keys = Buffer.concat([
      ...preamble,
      pickle(tensorOfNothing),
      pickle(ascii("]"), value, ascii("a")),
    ]);
    expect(await problem(keys)).toMatch(
      /storage a (tuple|list) is repeated or belongs to no tensor/,
    );
    expect(performance.now() - start).toBeLessThan(2000);
  }
});

it("a dictionary under many names is searched once", async () => {
  const x = Buffer.concat([tensor(storage("0", 1), 0, [1], [1]), ascii("q\x01")]);
  const names = (letter: string, item: string) =>
    Array.from(
      { length: 30_000 },
      (_, i) => `X\x06\x00\x00\x00${letter}${`${i}`.padStart(5)}${item}`,
    );
  const inner = `}(${names("i", "h\x01").join("")}u`;
  const pickled = pickle(x, ascii("0"), ascii(`${inner}q\x020}(${names("o", "h\x02").join("")}u`));
  const start = performance.now();
  const file = await PytorchFile.open(await made(zip(pickled, { 0: floats(3) })));
  expect(file.names.size).toBe(30_000);
  expect(performance.now() - start).toBeLessThan(2000);
  await file.close();
});

it.each(["zip.bin", "legacy.bin"])("%s cut at any byte is refused", async (name) => {
  const bytes = await readFile(join(reference, name));
  for (let length = 0; length < bytes.length; length++)
    expect(await problem(bytes.subarray(0, length)), `${length} bytes`).not.toBe("none");
});
