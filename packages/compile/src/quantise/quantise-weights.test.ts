import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantiseColumns, quantiseRows } from "./quantise-weights.ts";

const matrix = (rows: number, columns: number, values: readonly number[]) =>
  ({ dtype: "float32", shape: [rows, columns], data: Float32Array.from(values) }) as const;
const ones = (rows: number) => new Float32Array(rows).fill(1);

describe("quantiseColumns", () => {
  it("gives each column a scale of its own, 127 of which are its largest weight", () => {
    const { values, scales } = quantiseColumns(matrix(3, 2, [127, 1, -2, 0.5, 63, -1]), ones(3));
    expect([...scales.data]).toEqual([1, Math.fround(1.5 / 127)]);
    expect(values).toMatchObject({ dtype: "int8", shape: [3, 2] });
    expect([...values.data]).toEqual([127, 85, -2, 42, 63, -85]);
  });

  it("multiplies each row by its factor first", () => {
    const { values, scales } = quantiseColumns(matrix(2, 1, [1, -3]), Float32Array.of(2, 0.25));
    expect(scales.data[0]).toBeCloseTo(2 / 127, 9);
    expect([...values.data]).toEqual([127, -48]);
  });

  it("keeps a column of zeros", () => {
    const { values, scales } = quantiseColumns(matrix(2, 1, [0, 0]), ones(2));
    expect([...values.data, ...scales.data]).toEqual([0, 0, 1]);
  });

  it("stays within half a step, and no two products of neighbours pass 16 bits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 27, maxLength: 27 }),
        (rows, columns, numbers) => {
          const weights = numbers.slice(0, rows * columns);
          const { values, scales } = quantiseColumns(matrix(rows, columns, weights), ones(rows));
          const at = (row: number, column: number) =>
            row < rows ? Number(values.data[row * columns + column]) : 0;
          for (let column = 0; column < columns; column++) {
            const scale = Number(scales.data[column]);
            for (let row = 0; row < rows; row++) {
              const apart = at(row, column) * scale - (weights[row * columns + column] ?? NaN);
              expect(Math.abs(apart)).toBeLessThanOrEqual(scale * 0.5001);
            }
            for (let row = 0; row < rows; row += 2) {
              const [a, b] = [at(row, column), at(row + 1, column)];
              for (const [x, y] of [
                [255, 255],
                [255, 0],
                [0, 255],
              ] as const) {
                expect(x * a + y * b).toBeLessThanOrEqual(32767);
                expect(x * a + y * b).toBeGreaterThanOrEqual(-32768);
              }
            }
          }
        },
      ),
    );
  });

  it("gives up a bit only where the two largest of one sign are neighbours", () => {
    const scaleOf = (...weights: number[]) =>
      Number(quantiseColumns(matrix(4, 1, weights), ones(4)).scales.data[0]) * 127;
    expect(scaleOf(1, 0, 1, 0)).toBeCloseTo(1, 6);
    expect(scaleOf(1, -1, 0, 0)).toBeCloseTo(1, 6);
    expect(scaleOf(0, 1, 1, 0)).toBeCloseTo(1, 6);
    expect(scaleOf(1, 1, 0, 0)).toBeCloseTo(2, 6);
    expect(scaleOf(0, 0, -1, -0.5)).toBeCloseTo(1.5, 6);
  });
});

it("quantiseRows gives each row a scale of its own", () => {
  const { values, scales } = quantiseRows(matrix(3, 2, [1, -0.4, 0, 0, 30, 127]));
  expect([...values.data]).toEqual([127, -51, 0, 0, 30, 127]);
  expect(scales.shape).toEqual([3, 1]);
  expect([...scales.data]).toEqual([Math.fround(1 / 127), 1, 1]);
});
