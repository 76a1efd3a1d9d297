import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseJson, readJson, readJsonAs } from "./json-file.ts";

describe("parseJson", () => {
  it("parses like JSON.parse, and does not count brackets in strings", () => {
    const value = { a: ["[".repeat(2000), '\\"{{', [[{ b: null }]]], "]": 1.5 };
    expect(parseJson(JSON.stringify(value, undefined, 1), "x.json")).toEqual(value);
  });

  it.each([
    ["[", "]"],
    ['{"a":', "}"],
  ])("refuses '%s' 100,000 times, and names the file", (open, close) => {
    const most = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(() => parseJson(most(100_000), "deep.json")).toThrow(
      new RangeError(
        "deep.json: expected JSON of at most 500 levels of arrays and objects, got more",
      ),
    );
    expect(() => parseJson(open.repeat(100_000), "deep.json")).toThrow(/^deep\.json: /);
    expect(parseJson(most(500), "deep.json")).toBeTypeOf("object");
  });

  it("names the file that is not JSON", () => {
    expect(() => parseJson("{", "half.json")).toThrow(/^half\.json: expected JSON, got /);
  });
});

describe("readJson", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "json-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const written = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  it("checks the schema, and names the file if it does not match", async () => {
    const schema = z.strictObject({ n: z.int().default(3) });
    const good = await written("good.json", "{}");
    expect(await readJsonAs(good, schema)).toEqual({ n: 3 });
    const bad = await written("bad.json", '{"n": "x"}');
    await expect(readJsonAs(bad, schema)).rejects.toThrow(new RegExp(`^${bad}: n: `));
  });

  it("skips a byte order mark", async () => {
    expect(await readJson(await written("bom.json", '\ufeff{"a": 1}'))).toEqual({ a: 1 });
  });

  it("says what is wrong with a file that is not JSON", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n";
    const lfs = await written("lfs.json", pointer);
    await expect(readJson(lfs)).rejects.toThrow(`${lfs}: is a Git LFS pointer`);
    const other = await written("latin1.json", Uint8Array.of(0x22, 0xe9, 0x22));
    await expect(readJson(other)).rejects.toThrow(`${other}: expected JSON in UTF-8`);
    const large = await written("large.json", " ".repeat(100));
    await expect(readJson(large, 99)).rejects.toThrow(
      `${large}: expected JSON of at most 99 bytes, got 100`,
    );
    const none = join(folder, "none.json");
    await expect(readJson(none)).rejects.toThrow(`${none}: cannot be read`);
  });
});
