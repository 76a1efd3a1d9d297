import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { textReader } from "../../test/read-text.ts";

const { read, problem } = textReader();

describe("files that other programs write", () => {
  const rows = [
    { text: "so, so; long", label: "good" },
    { text: 'she said "no"', label: "bad" },
  ];
  const written = (separator: string) =>
    ["text", "label"].join(separator) +
    `\n"so, so; long"${separator}good\n"she said ""no"""${separator}bad\n`;

  test.each([";", "\t", "|"])(
    "fields separated by %j are found from the header",
    async (separator) => {
      const { examples, notes } = await read("a.csv", written(separator));
      expect(examples).toEqual(rows);
      expect(notes).toEqual([
        { kind: "delimiter", message: `fields are separated by ${JSON.stringify(separator)}` },
      ]);
      expect(await read("a.csv", written(","))).toMatchObject({ examples: rows, notes: [] });
    },
  );

  test("or by the setting delimiter, whatever the extension", async () => {
    for (const name of ["a.csv", "a.tsv"]) {
      const { examples, notes } = await read(name, written("~"), { delimiter: "~", quotes: true });
      expect([examples, notes]).toEqual([rows, []]);
    }
  });

  test.each([",", ";", "\t"])(
    "or by a first line sep=%s, which is not a row",
    async (separator) => {
      const content = `sep=${separator}\r\n${written(separator)}`;
      expect((await read("a.csv", content)).examples).toEqual(rows);
      expect(await problem("a.csv", `${content}x\n`)).toMatch(/^a.csv: row 3 \(line 5\)/);
    },
  );

  test("a file without a header has columns 1, 2 and so on", async () => {
    const columns = { header: false, text: "2", label: "1" };
    for (const separator of [",", ";"]) {
      const content = `good${separator}"so, so; long"\nbad${separator}"she said ""no"""\n`;
      expect((await read("a.csv", content, columns)).examples).toEqual(rows);
    }
    expect((await read("a.tsv", "good\tx\nbad\ty\n", columns)).examples).toHaveLength(2);
    expect(await problem("a.csv", "x,good\n", { ...columns, text: "3" })).toMatch(
      /^a.csv: no column "3" \(text\), .*\(known: 1, 2\)/,
    );
    expect(await problem("a.csv", "", columns)).toBe("a.csv: expected rows, got an empty file");
  });

  test("quotes in a TSV are kept and noted, or undone by a setting", async () => {
    const content = 'text\tlabel\n"She said ""no"""\tbad\n"plain"\tgood\n"odd" it is\tgood\n';
    const kept = await read("a.tsv", content);
    expect(kept.examples[0]?.text).toBe('"She said ""no"""');
    expect(kept.notes).toEqual([
      {
        kind: "quotes-kept",
        message: expect.stringMatching(/^a row has .*; set quotes: true to unquote them$/),
        count: 1,
      },
    ]);
    const undone = await read("a.tsv", content.replace('"odd" it is', "odd"), { quotes: true });
    expect(undone.examples.map((e) => e.text)).toEqual(['She said "no"', "plain", "odd"]);
    expect(undone.notes).toEqual([]);
    const broken = 'text\tlabel\n"two\nlines"\tgood\n';
    expect(await problem("a.tsv", broken)).toBe(
      "a.tsv: row 1 (line 2): expected 2 fields (text, label), got 1; if quotes hold its lines together, set quotes: true",
    );
    expect((await read("a.tsv", broken, { quotes: true })).examples[0]?.text).toBe("two\nlines");
    expect(
      (await read("a.csv", 'text,label\n"x,good\n', { quotes: false })).examples[0]?.text,
    ).toBe('"x');
  });

  test("rows that repeat the header are left out", async () => {
    const content = "\ufefftext,label\r\nx,good\r\n\ufefftext,label\r\ny,bad\r\ntext,good\r\n";
    const { examples, notes } = await read("a.csv", content);
    expect(examples.map((e) => e.text)).toEqual(["x", "y", "text"]);
    expect(notes).toEqual([
      {
        kind: "header-repeated",
        message: "a row repeats the header, as in joined files; left out",
        count: 1,
      },
    ]);
  });

  test("invisible characters in a header are removed", async () => {
    const { examples, notes } = await read("a.csv", "text\u00a0,\u200blabel\nx,good\n");
    expect(examples).toEqual([{ text: "x", label: "good" }]);
    expect(notes).toEqual([
      {
        kind: "header-unseen",
        message: 'the header has invisible characters in "label"; they are left out',
        count: 1,
      },
    ]);
    expect(await problem("a.jsonl", '{"text":"x","label\u200b":"good"}')).toBe(
      'a.jsonl: no column "label" (label), but one that differs only in invisible characters; rename it',
    );
  });

  test("a column may be named exactly as in its header, with joiners and blanks", async () => {
    const text = "\u0645\u062a\u0646\u200c\u0647\u0627";
    const content = `${text},my  label\nx,good\n`;
    const { examples, notes } = await read("a.csv", content, { text, label: "my  label" });
    expect(examples).toEqual([{ text: "x", label: "good" }]);
    expect(notes).toEqual([]);
  });

  test("one JSON array of objects, in .json or .jsonl", async () => {
    const content = JSON.stringify(rows, null, 2);
    for (const name of ["a.json", "a.jsonl"])
      expect((await read(name, content)).examples).toEqual(rows);
    expect(
      (await read("a.json", rows.map((row) => JSON.stringify(row)).join("\n"))).examples,
    ).toEqual(rows);
    expect(await problem("a.json", '[{"text":"x","label":"good"},{"text":5,"label":"bad"}]')).toBe(
      'a.json: row 2: "text": expected a string, got the number 5; put quotes around it',
    );
    expect(await problem("a.json", '{\n"data": [{"text":"x","label":"good"}]\n}')).toMatch(
      /^a.json: row 1 \(line 1\): not JSON .*; the file is one object \(data\): save the array of its examples, or one object on each line$/,
    );
  });

  test("NaN and Infinity in JSON, but not in a text", async () => {
    for (const name of ["NaN", "Infinity", "-Infinity"])
      expect(await problem("a.jsonl", `{"text":"x","label":${name}}`)).toContain(
        `; ${name} is not valid in JSON: write null, or a text in quotes`,
      );
    expect(await problem("a.jsonl", '{"text":"NaN \\" NaN",}')).toMatch(
      /; write one object on each line$/,
    );
  });

  test("NaN behind a very long text", async () => {
    const text = "\\\\n".repeat(2_000_000);
    expect(await problem("a.jsonl", `{"text":"${text}","label":NaN}`)).toContain(
      "; NaN is not valid in JSON",
    );
  });

  test("JSON that is nested very deep ends in an error that names the row", async () => {
    const deep = "[".repeat(300_000) + "]".repeat(300_000);
    expect(await problem("a.jsonl", `{"text":"x","label":${deep}}`)).toMatch(
      /^a.jsonl: row 1 \(line 1\): /,
    );
    expect(await problem("a.json", deep)).toMatch(/^a.json: row 1 \(line 1\): /);
  });

  test("compressed files, spreadsheets, UTF-16 without its mark, Git LFS pointers", async () => {
    const csv = "text,label\nx,good\ny,bad\n";
    expect(await problem("a.csv", gzipSync(csv))).toBe(
      "a.csv: is compressed by gzip; unpack it first (gunzip)",
    );
    expect(await problem("reviews.csv.gz", gzipSync(csv))).toBe(
      "reviews.csv.gz: is compressed (.gz); unpack it first and name the file inside",
    );
    expect(await problem("a.csv", Buffer.from("PK\u0003\u0004xx"))).toContain("a spreadsheet");
    expect(await problem("a.csv", Buffer.from("PAR1xxPAR1"))).toContain("set format to parquet");
    const utf16 = Buffer.from(csv, "utf16le");
    expect(await problem("a.csv", utf16)).toBe(
      "a.csv: expected UTF-8, got UTF-16 without a byte order mark; save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)",
    );
    expect(await problem("a.csv", Buffer.from(utf16).swap16())).toContain("iconv -f UTF-16BE");
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    for (const name of ["a.csv", "a.tsv", "a.jsonl", "a.json"])
      expect(await problem(name, pointer)).toMatch(
        /is a Git LFS pointer, not the file itself; run git lfs pull/,
      );
  });

  test("settings of CSV and TSV are refused for other files", async () => {
    expect(await problem("a.jsonl", '{"text":"x","label":"y"}', { quotes: true })).toBe(
      "a.jsonl: quotes: is only for csv and tsv files, got jsonl; remove it",
    );
  });
});
