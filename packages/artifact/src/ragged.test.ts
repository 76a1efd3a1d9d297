import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { padRows, ragged, row, rowCount } from "./ragged.ts";

const rows = fc.array(fc.array(fc.integer({ min: 0, max: 30000 }), { maxLength: 9 }), {
  maxLength: 12,
});

describe("ragged", () => {
  it("keeps every row", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const packed = ragged(given);
        expect(rowCount(packed)).toBe(given.length);
        expect(given.map((_, i) => [...row(packed, i)])).toEqual(given);
        expect([packed.offsets[0], packed.offsets.at(-1)]).toEqual([0, given.flat().length]);
      }),
    );
  });

  it("names a row that does not exist", () => {
    const packed = ragged([[1], [2, 3]]);
    for (const i of [2, -1, 0.5, NaN])
      expect(() => row(packed, i)).toThrow(`ragged: no row ${i}, there are 2`);
  });
});

describe("padRows", () => {
  it("puts each row first, zeros after it, and marks both in the mask", () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat({ max: 5 }), (given, seed, extra) => {
        fc.pre(given.length > 0);
        const indices = given.map((_, i) => (i * 5 + seed) % given.length);
        const types = ragged(given.map((r) => r.map((x) => x % 2)));
        const longest = Math.max(1, ...indices.map((i) => given[i]?.length ?? 0));
        const batch = padRows(ragged(given), indices, {
          tokenTypeIds: types,
          length: longest + extra,
        });
        expect([batch.batchSize, batch.length]).toEqual([indices.length, longest + extra]);
        const padded = (values: (r: number[]) => number[]) =>
          indices.flatMap((i) => {
            const r = values(given[i] ?? []);
            return [...r, ...Array.from({ length: batch.length - r.length }, () => 0)];
          });
        expect([...batch.inputIds]).toEqual(padded((r) => r));
        expect([...batch.tokenTypeIds]).toEqual(padded((r) => r.map((x) => x % 2)));
        expect([...batch.attentionMask]).toEqual(padded((r) => r.map(() => 1)));
      }),
    );
  });

  it("pads to the longest row by default, to 1 if all are empty", () => {
    const packed = ragged([[], [1, 2, 3], [4]]);
    expect(padRows(packed, [2, 1]).length).toBe(3);
    expect(padRows(packed, [0])).toMatchObject({
      batchSize: 1,
      length: 1,
      inputIds: Int32Array.of(0),
    });
  });

  it("refuses rows that do not fit", () => {
    const packed = ragged([[1, 2, 3], [4]]);
    expect(() => padRows(packed, [0, 1], { length: 2 })).toThrow(
      "padRows: expected rows of at most 2 tokens, got one of 3",
    );
    expect(() => padRows(packed, [2])).toThrow("ragged: no row 2");
    expect(() =>
      padRows(packed, [1], {
        tokenTypeIds: ragged([
          [0, 0, 0],
          [0, 0],
        ]),
      }),
    ).toThrow("padRows: row 1 has 1 ids and 2 token types");
  });

  it("keeps the number of rows", () => {
    const many = ragged(Array.from({ length: 200_000 }, () => [1]));
    expect(padRows(many, [...Array(200_000).keys()]).batchSize).toBe(200_000);
  });
});
