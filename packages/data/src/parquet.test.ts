import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOwnFile } from "./own-file.ts";
import { readParquet } from "./parquet.ts";

const reference = join(import.meta.dirname, "..", "reference", "parquet");
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
  it.each(["none", "snappy", "gzip", "zstd", "brotli", "lz4"])(
    "reads strings, numbers, booleans and nulls of every row group, %s",
    async (name) => {
      const wanted = ["sentence", "kind", "label", "flag", "idx", "none such"];
      const table = await readParquet(file(name), wanted);
      expect(table.columns).toEqual(["sentence", "kind", "label", "flag", "idx", "score"]);
      expect(table.rows.map((r) => r.fields)).toEqual(
        made.rows.map(({ sentence, kind, label, flag, idx }) => ({
          sentence,
          kind,
          label: label === -1 ? null : ["bad", "good"][label],
          flag,
          idx,
        })),
      );
      expect(table.rows.map((r) => r.line)).toEqual(made.rows.map((_, i) => i + 1));
      expect(table.classes).toEqual({ label: ["bad", "good"] });
    },
  );

  it("leaves numbers as they are where the file names no classes", async () => {
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

  it("names the file that is missing, damaged or none, and a column that is not there", async () => {
    await expect(readParquet(join(folder, "none.parquet"), ["a"])).rejects.toThrow(
      /none\.parquet: cannot be read as parquet .*ENOENT/,
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

  it("ends in rows or in an error that names the file, whatever bytes are wrong", async () => {
    const whole = await readFile(file("snappy"));
    const damaged = join(folder, "damaged.parquet");
    const change = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    const cut = fc.option(fc.nat(whole.length), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        cut,
        async (changes, end) => {
          const bytes = Buffer.from(whole);
          for (const { at, byte } of changes) bytes[at] = byte;
          await writeFile(damaged, bytes.subarray(0, end));
          const read = readParquet(damaged, ["sentence", "kind", "label"]);
          const told = await read.then(
            ({ rows }) => (rows.length < 1000 ? "" : "too many rows"),
            (error: Error) => (error.message.startsWith(`${damaged}: `) ? "" : error.message),
          );
          expect(told).toBe("");
        },
      ),
      { numRuns: runs },
    );
  });
});
