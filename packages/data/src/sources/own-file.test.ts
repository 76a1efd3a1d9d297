import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parquetFile } from "../testing/write-parquet.ts";
import { textReader } from "../../test/read-text.ts";
import { readOwnFile } from "./own-file.ts";

const { folder, read, problem } = textReader();

function readAt(file: string) {
  return readOwnFile({ file, text: "text", label: "label" });
}

const two = [
  { text: "Loved it, really", label: "good" },
  { text: "so\nbad", label: "bad" },
];

describe("a file in each format gives the same examples", () => {
  test.each([
    ["plain", 'text,label\n"Loved it, really",good\n"so\nbad",bad\n'],
    ["with a byte order mark", '\ufefftext,label\n"Loved it, really",good\n"so\nbad",bad'],
    ["with other columns", 'id,label,text\n1,good,"Loved it, really"\n2,bad,"so\nbad"\n'],
    [
      "with blank lines and spaces",
      '\ntext, label\n"Loved it, really", good \n\n"so\nbad",bad\n\n',
    ],
  ])("csv %s", async (_, content) => {
    expect((await read("a.csv", content)).examples).toEqual(two);
  });

  test("csv whose lines end in CRLF, CR, or a mixture", async () => {
    const rows = [
      { text: "x", label: "good" },
      { text: "y", label: "bad" },
    ];
    for (const content of [
      "text,label\r\nx,good\r\ny,bad\r\n",
      "text,label\rx,good\ry,bad",
      "text,label\r\nx,good\ny,bad\r",
    ])
      expect((await read("a.csv", content)).examples).toEqual(rows);
  });

  test("tsv, where a quote is an ordinary character", async () => {
    const content = 'text\tlabel\n"Loved" it, really\tgood\r\n"so bad\tbad\n';
    expect((await read("a.tsv", content)).examples).toEqual([
      { text: '"Loved" it, really', label: "good" },
      { text: '"so bad', label: "bad" },
    ]);
  });

  test("JSON Lines, whose labels may be numbers or booleans", async () => {
    const content =
      '\ufeff{"text":"Loved it, really","label":"good"}\r\n\n{"label":"bad","text":"so\\nbad"}\n';
    expect((await read("a.jsonl", content)).examples).toEqual(two);
    expect((await read("a.ndjson", content)).examples).toEqual(two);
    const others = await read("a.jsonl", '{"text":"x","label":1}\n{"text":"y","label":false}');
    expect(others.examples.map((e) => e.label)).toEqual(["1", "false"]);
  });

  test("format overrides the extension", async () => {
    const content = "text\tlabel\nx\tgood\n";
    expect((await read("a.txt", content, { format: "tsv" })).examples).toHaveLength(1);
  });

  test("pairs, and other names of the columns", async () => {
    const columns = { text: "premise", textPair: "hypothesis", label: "gold" };
    const csv = "hypothesis,gold,premise\nb,0,a\n";
    const jsonl = '{"premise":"a","hypothesis":"b","gold":0}';
    const expected = [{ text: "a", textPair: "b", label: "0" }];
    expect((await read("a.csv", csv, columns)).examples).toEqual(expected);
    expect((await read("a.jsonl", jsonl, columns)).examples).toEqual(expected);
  });
});

describe("rows left out are counted, or stop the reading", () => {
  test("rows without a label", async () => {
    const csv = await read("a.csv", "text,label\nx,good\ny,\nz,  \n");
    expect([csv.examples.length, csv.withoutLabel]).toEqual([1, 2]);
    const jsonl = await read(
      "a.jsonl",
      '{"text":"x","label":"good"}\n{"text":"y","label":null}\n{"text":"z"}',
    );
    expect([jsonl.examples.length, jsonl.withoutLabel]).toEqual([1, 2]);
    expect(await problem("a.csv", "text,label\nx,\ny,\n")).toBe(
      'a.csv: none of its 2 rows has a label in "label"; fill that column',
    );
  });

  test("a text that is null or an empty cell is an empty text", async () => {
    expect((await read("a.csv", "text,label\n,good\n")).examples).toEqual([
      { text: "", label: "good" },
    ]);
    expect((await read("a.jsonl", '{"text":null,"label":"good"}')).examples).toEqual([
      { text: "", label: "good" },
    ]);
  });
});

describe("labels", () => {
  test("labels that mean the same are merged, in both files", async () => {
    const content = "text,label\na,1.0\nb,0\nc,1\nd,1\ne,\u200b\n";
    await writeFile(join(folder(), "test.csv"), "text,label\nf,1e0\ng,0.0\n");
    const source = await read("a.csv", content, { testFile: join(folder(), "test.csv") });
    expect(source.examples.map((e) => e.label)).toEqual(["1", "0", "1", "1"]);
    expect(source.test?.map((e) => e.label)).toEqual(["1", "0"]);
    expect(source.withoutLabel).toBe(1);
    expect(source.notes?.map((n) => n.kind)).toEqual(["label-spellings", "label-spellings"]);
  });

  test("NaN in parquet is no label, and whole numbers past 2^53 stay distinct", async () => {
    const text = { name: "text", strings: ["a", "b", "c"] };
    const doubles = parquetFile([text, { name: "label", doubles: [1, NaN, 2.5] }]);
    const some = await read("a.parquet", doubles);
    expect([some.examples.map((e) => e.label), some.withoutLabel]).toEqual([["1", "2.5"], 1]);
    for (const unsigned of [false, true]) {
      const integers = [2n ** 53n, 2n ** 53n + 1n, 7n];
      const many = await read(
        "a.parquet",
        parquetFile([text, { name: "label", integers, unsigned }]),
      );
      expect(many.examples.map((e) => e.label)).toEqual([
        "9007199254740992",
        "9007199254740993",
        "7",
      ]);
    }
    expect(
      await problem(
        "a.parquet",
        parquetFile([
          { name: "text", integers: [2n ** 60n] },
          { name: "label", strings: ["x"] },
        ]),
      ),
    ).toBe(
      'a.parquet: row 1 (line 1): "text": expected a string, got the bigint 1152921504606846976; put quotes around it',
    );
  });

  test("numbers past 2^53 in JSON must be quoted", async () => {
    for (const number of ["9007199254740993", "-1e300"])
      expect(await problem("a.jsonl", `{"text":"x","label":${number}}`)).toMatch(
        /^a.jsonl: row 1 \(line 1\): "label": the number \S+ is past 2\^53, .*; put quotes around it$/,
      );
    const quoted = await read(
      "a.jsonl",
      '{"text":"x","label":"9007199254740993"}\n{"text":"y","label":9007199254740991}',
    );
    expect(quoted.examples.map((e) => e.label)).toEqual(["9007199254740993", "9007199254740991"]);
  });
});

describe("bad input is named with its place and the fix", () => {
  test("a file that cannot be read", async () => {
    await expect(readAt(join(folder(), "none.csv"))).rejects.toThrow(
      /none\.csv: no such file \(looked from/,
    );
    await mkdir(join(folder(), "folder.csv"));
    await expect(readAt(join(folder(), "folder.csv"))).rejects.toThrow(
      "expected a file, got a folder",
    );
    await expect(readAt("reviews.txt")).rejects.toThrow(
      "reviews.txt: its name does not end in .csv, .tsv, .jsonl, .ndjson, .json or .parquet; set format to csv, tsv, jsonl or parquet",
    );
  });

  test("a changed file", async () => {
    const content = "text,label\nx,good\n";
    const { sha256 } = await read("a.csv", content);
    expect(await problem("a.csv", content, { sha256 })).toBe("none");
    expect(await problem("a.csv", `${content}y,bad\n`, { sha256 })).toMatch(
      new RegExp(`^a.csv: expected sha256 ${sha256}, got [0-9a-f]{64}; the file has changed`),
    );
  });

  test("bytes that are not UTF-8", async () => {
    const latin1 = Buffer.from("text,label\nx,good\nfine caf\u00e9,bad\n", "latin1");
    expect(await problem("a.csv", latin1)).toBe(
      "a.csv: line 3: expected UTF-8, got the byte 0xe9 at offset 26; save it as UTF-8 (from Windows-1252: iconv -f WINDOWS-1252 -t UTF-8)",
    );
    // Characters cut short, at the end or by the next: the offset is of their first byte.
    const valid = Buffer.from("text,label\nx \ufffd,good\ny");
    for (const [bytes, first] of [
      [[0xe2, 0x82], "e2"],
      [[0xef, 0xbf], "ef"],
      [[0xef, 0xbf, 0x2c], "ef"],
      [[0xf0, 0x9f, 0x98, 0x2c, 0x0a], "f0"],
      [[0x80], "80"],
      [[0xed, 0xa0, 0x80], "ed"],
    ] as const) {
      expect(await problem("a.csv", Buffer.concat([valid, Buffer.from(bytes)]))).toContain(
        `line 3: expected UTF-8, got the byte 0x${first} at offset 23`,
      );
    }
    expect(await problem("a.csv", Buffer.from("\ufefftext,label\n", "utf16le"))).toBe(
      "a.csv: expected UTF-8, got UTF-16; save it as UTF-8",
    );
  });

  test.each([
    ["", "expected a line that names the columns, got an empty file"],
    ["text,label\n", "no row follows the line that names the columns; add examples"],
    [
      'text,label\nx,good\n"y\nz",bad\nv,w,good\n',
      "row 3 (line 5): expected 2 fields (text, label), got 3; put a text that holds commas in quotes",
    ],
    [
      "text,label\n\nx\n",
      "row 1 (line 3): expected 2 fields (text, label), got 1; add what is missing",
    ],
    [
      'text,label\nx,good\n"y,bad\nz,bad\n',
      "row 2 (line 3): a quoted field is never closed; close it",
    ],
    [
      'text,label\n"x" y,good\n',
      "row 1 (line 2): expected a separator or the line's end after a quoted field; double the quotes inside it",
    ],
    [
      'text,label\nx "y",good\n',
      "row 1 (line 2): a quote inside an unquoted field; quote the whole field and double the quotes inside it",
    ],
    ['text,"label\nx,good\n', "header (line 1): a quoted field is never closed; close it"],
    ["txet,label\nx,good\n", 'no column "text" (text), did you mean "txet"? (known: txet, label)'],
    [
      "txt;label\nx;good\n",
      'no column "text" (text), its only column is "txt;label", so fields seem to be separated by ";"; set delimiter, or save it with commas (csv) or tabs (tsv)',
    ],
    [
      "I have never seen a film so long and so dull,bad\nx,good\n",
      'no column "text" (text), did you mean "bad"? (known: I have never seen a film so long and so dull, bad); if its first line is a row, set header: false, and name columns by their numbers',
    ],
    [
      "text,label,label\nx,good,good\n",
      'the column "label" (label) occurs 2 times; rename all but one',
    ],
  ])("csv %j", async (content, expected) => {
    expect(await problem("a.csv", content)).toBe(`a.csv: ${expected}`);
  });

  test("tsv with a tab too many", async () => {
    expect(await problem("a.tsv", "text\tlabel\nx\ty\tgood\n")).toBe(
      "a.tsv: row 1 (line 2): expected 2 fields (text, label), got 3; a text must not hold a tab",
    );
  });

  test.each([
    ["\n", "expected an object on each line, got an empty file"],
    [
      '["x","good"]',
      "row 1 (line 1): expected an object, got an array; write one object on each line",
    ],
    ["\n3", "row 1 (line 2): expected an object, got the number 3; write one object on each line"],
    [
      '{"text":5,"label":"good"}',
      'row 1 (line 1): "text": expected a string, got the number 5; put quotes around it',
    ],
    [
      '{"text":"x","label":"good"}\n\n{"txt":"y","label":"bad"}',
      'row 2 (line 3): no "text" (it has txt, label); add it',
    ],
    [
      '{"text":"x","label":{"stars":5}}',
      'row 1 (line 1): "label": expected a string, a number or true or false, got an object; name the key of the label, or write it as one of these',
    ],
    [
      '{"text":"x","label":["good"]}',
      'row 1 (line 1): "label": expected a string, a number or true or false, got an array; name the key of the label, or write it as one of these',
    ],
    [
      '{"text":"x","lable":"good"}',
      'no column "label" (label), did you mean "lable"? (known: text, lable)',
    ],
  ])("jsonl %j", async (content, expected) => {
    expect(await problem("a.jsonl", content)).toBe(`a.jsonl: ${expected}`);
  });

  test("a line that is not JSON", async () => {
    expect(await problem("a.jsonl", '{"text":"x","label":"good"}\n{"text":"y",}')).toMatch(
      /^a\.jsonl: row 2 \(line 2\): not JSON \(.+\); write one object on each line$/,
    );
  });
});
