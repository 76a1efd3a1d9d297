import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLine } from "./csv.ts";

/** Reads CSV by RFC 4180 alone. */
function records(csv: string): string[][] {
  const read: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  for (let match = field.exec(csv); match !== null; match = field.exec(csv)) {
    const [, text = "", end] = match;
    read.at(-1)?.push(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    if (end === "\r\n") read.push([]);
  }
  return read.slice(0, -1);
}

test("csvLine quotes what must be quoted, and only that", () => {
  expect(csvLine(["plain", 'a "b"', "c, d", "e\nf", " g", 0.5, ""])).toBe(
    'plain,"a ""b""","c, d","e\nf"," g",0.5,\r\n',
  );
  expect(csvLine(["=SUM(A1)", "-1", "@x"])).toBe("=SUM(A1),-1,@x\r\n");
});

test("every field is read back as it was written", () => {
  const rows = fc.array(
    fc.array(
      fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(...'",\r\n =') })),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
  );
  fc.assert(
    fc.property(rows, (table) => {
      expect(records(table.map(csvLine).join(""))).toEqual(table);
    }),
  );
});
