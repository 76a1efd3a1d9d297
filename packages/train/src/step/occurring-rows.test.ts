import fc from "fast-check";
import { expect, it } from "vitest";
import { occurringRows, restoreRows } from "./occurring-rows.ts";

const table = (rows: number, width: number) => ({
  shape: [rows, width],
  data: Float32Array.from({ length: rows * width }, (_, i) => i + 1),
});

it("cuts the table to the rows that occur, and row 0", () => {
  const { rows, table: cut, index } = occurringRows(table(5, 2), Int32Array.of(3, 1, 3));
  expect([...rows]).toEqual([0, 1, 3]);
  expect(cut.shape).toEqual([3, 2]);
  expect([...cut.data]).toEqual([1, 2, 3, 4, 7, 8]);
  expect([...index]).toEqual([0, 1, -1, 2, -1]);
});

it("takes millions of ids", () => {
  const ids = Int32Array.from({ length: 3_000_000 }, (_, i) => i % 7);
  expect([...occurringRows(table(9, 1), ids).rows]).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it("puts trained rows back and scales the others", () => {
  const restored = restoreRows(
    table(4, 2),
    Int32Array.of(0, 2),
    Float32Array.of(-1, -2, -3, -4),
    0.5,
  );
  expect(restored.shape).toEqual([4, 2]);
  expect([...restored.data]).toEqual([-1, -2, 1.5, 2, -3, -4, 3.5, 4]);
});

it("an id's row in the cut table is its row in the table, and back again nothing is lost", () => {
  const sizes = fc.record({
    vocabulary: fc.integer({ min: 1, max: 60 }),
    width: fc.integer({ min: 1, max: 5 }),
  });
  const cases = sizes.chain(({ vocabulary, width }) =>
    fc.record({
      whole: fc.constant(table(vocabulary, width)),
      ids: fc.array(fc.integer({ min: 0, max: vocabulary - 1 }), { maxLength: 40 }),
    }),
  );
  fc.assert(
    fc.property(cases, ({ whole, ids }) => {
      const { rows, table: cut, index } = occurringRows(whole, Int32Array.from(ids));
      const width = whole.shape[1] ?? 0;
      const row = (data: ArrayLike<number>, i: number) =>
        Array.from({ length: width }, (_, j) => data[i * width + j]);
      for (const id of [0, ...ids])
        expect(row(cut.data, index[id] ?? -1)).toEqual(row(whole.data, id));
      expect(rows.length).toBe(new Set([0, ...ids]).size);
      expect(restoreRows(whole, rows, cut.data as Float32Array, 1)).toEqual(whole);
    }),
  );
});

it.each([5, -1])("refuses the id %i, which the table does not have", (id) => {
  expect(() => occurringRows(table(5, 2), Int32Array.of(1, id))).toThrow(
    new RangeError(
      `token id ${id}: outside of the encoder's vocabulary of 5; run the stage data with this encoder`,
    ),
  );
});
