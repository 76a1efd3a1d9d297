import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOwnFile } from "../sources/own-file.ts";
import { type Lies, parquetFile } from "../testing/write-parquet.ts";
import { decodeRuns } from "./parquet-runs.ts";
import { readParquet } from "./parquet.ts";

const reference = join(import.meta.dirname, "..", "..", "reference", "parquet");
const file = (name: string) => join(reference, `${name}.parquet`);
const runs = Number(process.env["SWEETSPOT_FUZZ_RUNS"] ?? 500);

interface Made {
  rows: {
    sentence: string | null;
    kind: string;
    label: number;
    flag: boolean | null;
    idx: number;
  }[];
}
let made: Made;
let folder: string;
beforeAll(async () => {
  made = JSON.parse(await readFile(join(reference, "rows.json"), "utf8")) as Made;
  folder = await mkdtemp(join(tmpdir(), "parquet-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("readParquet", () => {
  it.each(["none", "snappy", "gzip", "zstd", "brotli", "lz4", "encodings-1", "encodings-2"])(
    "reads strings, numbers, booleans and nulls of every row group, %s",
    async (name) => {
      const wanted = ["sentence", "kind", "label", "flag", "idx", "score", "none such"];
      const table = await readParquet(file(name), wanted);
      expect(table.columns).toEqual(["sentence", "kind", "label", "flag", "idx", "score"]);
      expect(table.rows.map((r) => r.fields)).toEqual(
        made.rows.map(({ sentence, kind, label, flag, idx }) => ({
          sentence,
          kind,
          label: label === -1 ? null : ["bad", "good"][label],
          flag,
          idx,
          score: idx / 4,
        })),
      );
      expect(table.rows.map((r) => r.line)).toEqual(made.rows.map((_, i) => i + 1));
      expect(table.classes).toEqual({ label: ["bad", "good"] });
    },
  );

  it("skips a row group without rows, for which Arrow writes no data page", async () => {
    const path = join(folder, "empty-group.parquet");
    const column = { 7: { i64: 15 }, 9: { i64: 0 } };
    await writeFile(path, parquetFile([{ name: "text", strings: [] }], { column }));
    expect((await readParquet(path, ["text"])).rows).toEqual([]);
  });

  it("leaves numbers unchanged if the file names no classes", async () => {
    const { rows, classes } = await readParquet(file("no-metadata"), ["label"]);
    expect(classes).toEqual({});
    expect(rows.map((r) => r.fields["label"])).toEqual(made.rows.map((r) => r.label));
  });

  it("gives examples: named labels in the file's order, rows without one left out", async () => {
    const source = await readOwnFile({ file: file("snappy"), text: "sentence", label: "label" });
    expect(source.labels).toEqual(["bad", "good"]);
    expect(source.withoutLabel).toBe(1);
    expect(source.examples).toHaveLength(made.rows.length - 1);
    expect(source.examples[5]).toEqual({ text: "", label: "good" });
  });

  it("names a missing or damaged file, one that is not parquet, and a missing column", async () => {
    await expect(readParquet(join(folder, "none.parquet"), ["a"])).rejects.toThrow(
      /none\.parquet: no such file/,
    );
    const other = join(folder, "text.parquet");
    await writeFile(other, "text,label\nx,good\n");
    await expect(readParquet(other, ["text"])).rejects.toThrow(
      `${other}: cannot be read as parquet`,
    );
    const wrong = { file: file("snappy"), text: "sentense", label: "label" };
    await expect(readOwnFile(wrong)).rejects.toThrow(
      /no column "sentense" \(text\), did you mean "sentence"/,
    );
  });

  it(
    "ends in rows or in an error that names the file, whatever bytes are wrong, and soon",
    { timeout: 600_000 },
    async () => {
      const script = join(import.meta.dirname, "..", "..", "test", "read-mutants.ts");
      const reading = spawn(process.execPath, [
        "--import",
        "tsx",
        script,
        folder,
        "0",
        String(runs),
      ]);
      let said = "";
      let waiting = setTimeout(() => reading.kill("SIGKILL"), 60_000);
      for (const stream of [reading.stdout, reading.stderr])
        stream.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          clearTimeout(waiting);
          // It says something before each file; one that takes so long hangs.
          waiting = setTimeout(() => reading.kill("SIGKILL"), 10_000);
        });
      const [code] = (await once(reading, "close")) as [number | null];
      clearTimeout(waiting);
      const lines = said.trimEnd().split("\n");
      expect({ code, last: lines.at(-1) }).toEqual({
        code: 0,
        last: expect.stringMatching(/^slowest/),
      });
      expect(lines.slice(0, -1).filter((line) => !/^\d+$/.test(line))).toEqual([]);
      expect(lines).toHaveLength(runs + 1);
    },
  );
});

describe("a file's claims are checked before they are used", () => {
  const texts = Array.from({ length: 60 }, (_, i) => `text ${i % 7}`);
  const columns = [
    { name: "text", strings: texts },
    { name: "label", doubles: texts.map((_, i) => i % 2) },
  ];
  const most = 2n ** 31n - 1n;
  const zeros = gzipSync(Buffer.alloc(20_000_000));

  it("reads the undamaged file", async () => {
    const honest = join(folder, "honest.parquet");
    await writeFile(honest, parquetFile(columns));
    const { rows } = await readParquet(honest, ["text", "label"]);
    expect(rows.map((r) => r.fields)).toEqual(texts.map((text, i) => ({ text, label: i % 2 })));
  });

  it.each<[string, Lies, RegExp]>([
    [
      "values of a page",
      { dataPage: { 1: { i32: most } } },
      /column "text": data_page_header.num_values: expected a whole number from 0 to 60, got 2147483647/,
    ],
    [
      "too few values of a page",
      { dataPage: { 1: { i32: 7 } } },
      /column "text": num_values: expected 60 in its pages, got 7/,
    ],
    [
      "values below zero",
      { dataPage: { 1: { i32: -5 } } },
      /data_page_header.num_values: .* got -5/,
    ],
    [
      "bytes of a page",
      { page: { 3: { i32: most } } },
      /column "text": compressed_page_size: .* got 2147483647/,
    ],
    [
      "bytes that a page unfolds to",
      { page: { 2: { i32: most } } },
      /column "text": uncompressed_page_size: .* got 2147483647/,
    ],
    [
      "a page that unfolds to more than it says",
      { compressed: { bytes: zeros, codec: 2 } },
      /column "text": Cannot create a Buffer larger/,
    ],
    [
      "a page that says it unfolds so far",
      { compressed: { bytes: zeros, codec: 2 }, page: { 2: { i32: 1_900_000_000 } } },
      /column "text": uncompressed_page_size/,
    ],
    [
      "no dictionary",
      { dataPage: { 2: { i32: 8 } } },
      /column "text": dictionary: expected its page/,
    ],
    [
      "an encoding that is none",
      { dataPage: { 2: { i32: 77 } } },
      /column "text": encoding: expected one that is known/,
    ],
    [
      "rows",
      { file: { 3: { i64: 10n ** 12n } } },
      /num_rows: expected 1000000000000 in its row groups, got 60/,
    ],
    [
      "rows of a group",
      {
        file: {
          3: { i64: 10n ** 9n },
          4: { list: [{ struct: { 1: { list: [] }, 3: { i64: 10n ** 9n } } }] },
        },
      },
      /num_rows: expected at most \d+ in a file of \d+ bytes, got 1000000000/,
    ],
    [
      "an offset below zero",
      { column: { 9: { i64: -8 } } },
      /data_page_offset and total_compressed_size: .* got -8/,
    ],
    [
      "an offset past the end",
      { column: { 9: { i64: 10n ** 15n } } },
      /data_page_offset and total_compressed_size/,
    ],
    [
      "bytes of a column",
      { column: { 7: { i64: 10n ** 15n } } },
      /data_page_offset and total_compressed_size/,
    ],
    [
      "another type",
      { column: { 1: { i32: 1 } } },
      /column "text": type: expected BYTE_ARRAY as in the schema, got INT32/,
    ],
    [
      "a column without a name",
      {
        file: {
          2: {
            list: [
              { struct: { 4: { binary: "schema" }, 5: { i32: 1 } } },
              { struct: { 1: { i32: 6 }, 3: { i32: 1 } } },
            ],
          },
        },
      },
      /schema: name: expected one for column 1, got none/,
    ],
    [
      "columns within columns",
      {
        file: {
          2: {
            list: [
              { struct: { 4: { binary: "schema" }, 5: { i32: 1 } } },
              { struct: { 4: { binary: "text" }, 5: { i32: most } } },
            ],
          },
        },
      },
      /schema/,
    ],
  ])("%s", async (name, lies, expected) => {
    const lying = join(folder, `lying-${name.replaceAll(" ", "-")}.parquet`);
    await writeFile(lying, parquetFile(columns, lies));
    const begun = performance.now();
    const message = await readParquet(lying, ["text", "label"]).then(
      () => "none",
      (error: Error) => error.message,
    );
    expect(message).toMatch(expected);
    expect(message.startsWith(`${lying}: cannot be read as parquet (`)).toBe(true);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it("runs that are longer than the page has values, or cut short", () => {
    expect([...decodeRuns(Uint8Array.of(6, 3, 3, 0b10_01_00_11, 1), 2, 6)]).toEqual([
      3, 3, 3, 3, 0, 1,
    ]);
    expect(() => decodeRuns(Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), 8, 5)).toThrow(
      "run: expected at most 5 values, got 2147483647",
    );
    expect(() => decodeRuns(Uint8Array.of(5, 1), 8, 5)).toThrow("bit-packed run: it is cut short");
    expect(() => decodeRuns(Uint8Array.of(2, 1), 8, 5)).toThrow("they end before");
    expect(() => decodeRuns(new Uint8Array(9).fill(0xff), 8, 5)).toThrow("at most 5 bytes");
    expect(() => decodeRuns(Uint8Array.of(2, 1), 33, 5)).toThrow("bit width");
  });

  it("a damaged file that readers hang on", async () => {
    const damaged = join(reference, "..", "parquet-damaged", "lying-num-values.parquet");
    await expect(readParquet(damaged, ["text", "label"])).rejects.toThrow(
      /lying-num-values\.parquet: cannot be read as parquet \(row group 1, column "label": num_values: expected \d+ in its pages, got \d+ before/,
    );
  });

  it("a column of lists is an error that names it", async () => {
    const nested = join(folder, "nested.parquet");
    const schema = [
      { struct: { 4: { binary: "schema" }, 5: { i32: 1 } } },
      { struct: { 1: { i32: 6 }, 3: { i32: 2 }, 4: { binary: "text" } } },
    ];
    await writeFile(nested, parquetFile(columns.slice(0, 1), { file: { 2: { list: schema } } }));
    await expect(readParquet(nested, ["text"])).rejects.toThrow(
      `${nested}: column "text": expected strings, numbers or booleans, got lists or records; name another column`,
    );
  });

  it("a Git LFS pointer is not a parquet file", async () => {
    const pointer = join(folder, "pointer.parquet");
    await writeFile(pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
    await expect(readParquet(pointer, ["text"])).rejects.toThrow(
      `${pointer}: is a Git LFS pointer`,
    );
  });
});
