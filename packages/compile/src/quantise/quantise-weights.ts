import type { Constant } from "../graph/graph.ts";

/** An int8 matrix and the float32 scale of each of its rows or columns: a number is `value * scale`. */
export interface QuantisedMatrix {
  values: Constant;
  scales: Constant;
}

/**
 * A product's weight `[K, N]` in int8, with a scale for each column, which is an output channel: the
 * smallest that keeps every value within ±127 and every pair of neighbours in a column within ±128.
 *
 * The second rule is for CPUs without VNNI (x86 before 2019, AMD before Zen 4). Their instruction adds two
 * products of a uint8 and an int8 in 16 bits, `a₀ w₀ + a₁ w₁`, and saturates at ±32,768. As
 * `255 * 128 < 32,768`, no pair can get there, so every CPU computes the same integers. With scales
 * from the largest weight alone, 7,884 pairs of one sentence in MiniLM saturate (`test/int8-minilm.test.ts`).
 * The usual remedy, weights of 7 bits, keeps this promise too but costs every channel a bit. Here a channel
 * pays as much only if its two largest weights are neighbours of one sign: for MiniLM 0.35 bits on average. The
 * last exit's error was 0.087 so, 0.098 with 7 bits, and 0.091 with 8 bits that saturate (one range for each
 * activation).
 *
 * @param rowScales each row of the weight is multiplied by its scale first, length K
 */
export function quantiseColumns(
  { shape, data }: Constant,
  rowScales: Float32Array,
): QuantisedMatrix {
  const [rows = 0, columns = 0] = shape;
  const values = new Int8Array(rows * columns);
  const scales = new Float32Array(columns);
  const weight = (row: number, column: number) =>
    row < rows ? Number(data[row * columns + column]) * (rowScales[row] ?? NaN) : 0;
  for (let column = 0; column < columns; column++) {
    let largest = 0;
    for (let row = 0; row < rows; row += 2) {
      const [a, b] = [weight(row, column), weight(row + 1, column)];
      // Of one sign they add up; rounding adds half to each of them, 127 + 1.
      largest = Math.max(largest, Math.abs(a), Math.abs(b), a * b > 0 ? Math.abs(a + b) : 0);
    }
    const scale = Math.fround(largest / 127) || 1;
    scales[column] = scale;
    for (let row = 0; row < rows; row++)
      values[row * columns + column] = nearest(weight(row, column) / scale);
  }
  return {
    values: { dtype: "int8", shape, data: values },
    scales: { dtype: "float32", shape: [columns], data: scales },
  };
}

/** A table `[V, C]` that rows are gathered from, in int8 with a scale for each row, `[V, 1]`. */
export function quantiseRows({ shape, data }: Constant): QuantisedMatrix {
  const [rows = 0, columns = 0] = shape;
  const values = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let largest = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++)
      largest = Math.max(largest, Math.abs(Number(data[at])));
    const scale = Math.fround(largest / 127) || 1;
    scales[row] = scale;
    for (let at = row * columns; at < (row + 1) * columns; at++)
      values[at] = nearest(Number(data[at]) / scale);
  }
  return {
    values: { dtype: "int8", shape, data: values },
    scales: { dtype: "float32", shape: [rows, 1], data: scales },
  };
}

/** The nearest whole number in ±127: a scale rounded down to float32 can lead just past it. */
function nearest(x: number): number {
  return Math.max(-127, Math.min(127, Math.round(x)));
}
