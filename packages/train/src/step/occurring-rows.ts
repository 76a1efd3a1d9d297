import type { HostTensor } from "@sweetspot/artifact";
import { checkIds } from "../data-input.ts";

/**
 * The rows of an embedding table that the training split looks up. The others have a gradient of
 * exactly zero in every step, so AdamW's running means stay 0 and only weight decay moves them: instead
 * of training them, it is enough to scale them once at the end.
 */
export interface OccurringRows {
  /** Ids, rising. */
  rows: Int32Array;
  /** Their part of the table, `[rows, C]`. */
  table: HostTensor;
  /** A token id -> its row in `table`; -1 for one that does not occur. */
  index: Int32Array;
}

/**
 * Row 0 is always among them: padding looks it up. Padding is masked, so that the gradient of row 0 is zero too.
 *
 * @param table `[V, C]`
 * @param ids every other id that training looks up
 * @throws RangeError for an id outside the table
 */
export function occurringRows(table: HostTensor, ids: Int32Array): OccurringRows {
  const [vocabulary = 0, width = 0] = table.shape;
  const index = new Int32Array(vocabulary).fill(-1).fill(0, 0, 1);
  checkIds(ids, vocabulary);
  for (const id of ids) index[id] = 0;
  const rows = Int32Array.from([...index.keys()].filter((id) => index[id] === 0));
  const data = new Float32Array(rows.length * width);
  rows.forEach((id, i) => {
    index[id] = i;
    data.set(table.data.subarray(id * width, (id + 1) * width), i * width);
  });
  return { rows, table: { shape: [rows.length, width], data }, index };
}

/**
 * Puts trained rows back into the table; the others are scaled by `decay`, the product over all
 * steps of `1 - learningRate * weightDecay`.
 *
 * @param table `[V, C]`, as it was before training; not written to
 * @param rows R ids, as `occurringRows` has them
 * @param trained `[R, C]`, row-major
 * @returns `[V, C]`, new
 */
export function restoreRows(
  table: HostTensor,
  rows: Int32Array,
  trained: Float32Array,
  decay: number,
): HostTensor {
  const width = table.shape[1] ?? 0;
  const data = Float32Array.from(table.data, (x) => x * decay);
  rows.forEach((id, i) => data.set(trained.subarray(i * width, (i + 1) * width), id * width));
  return { shape: table.shape, data };
}
