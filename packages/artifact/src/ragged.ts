/** Rows of different lengths, end to end: row `i` is `values[offsets[i] .. offsets[i + 1])`. */
export interface Ragged {
  values: Int32Array;
  /** `n + 1` numbers, from 0 to `values.length`. */
  offsets: Int32Array;
}

/** A padded batch, row-major `[B, T]`; past a row's end all three arrays are 0. */
export interface PaddedBatch {
  batchSize: number;
  length: number;
  inputIds: Int32Array;
  tokenTypeIds: Int32Array;
  /** 1 for a token, 0 for padding. */
  attentionMask: Float32Array;
}

/** Packs rows end to end. */
export function ragged(rows: readonly ArrayLike<number>[]): Ragged {
  const offsets = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] ?? 0) + row.length));
  const values = new Int32Array(offsets[rows.length] ?? 0);
  rows.forEach((row, i) => values.set(row, offsets[i]));
  return { values, offsets };
}

/** The number of rows. */
export function rowCount(r: Ragged): number {
  return r.offsets.length - 1;
}

/**
 * Row `i`, a view.
 * @throws RangeError if there is no such row
 */
export function row(r: Ragged, i: number): Int32Array {
  const begin = r.offsets[i];
  const end = r.offsets[i + 1];
  if (begin === undefined || end === undefined) {
    throw new RangeError(`ragged: no row ${i}, there are ${rowCount(r)}`);
  }
  return r.values.subarray(begin, end);
}

/**
 * Pads the rows `indices` to `length`, by default to the longest of them.
 *
 * @param tokenTypeIds of the same offsets as `ids`; all 0 if left out
 * @throws RangeError if there is no such row, it is longer than `length`, or the offsets differ
 */
export function padRows(
  ids: Ragged,
  indices: readonly number[],
  { tokenTypeIds, length }: { tokenTypeIds?: Ragged; length?: number } = {},
): PaddedBatch {
  const rows = indices.map((i) => row(ids, i));
  const longest = rows.reduce((most, r) => Math.max(most, r.length), 1);
  const t = length ?? longest;
  if (longest > t)
    throw new RangeError(`padRows: expected rows of at most ${t} tokens, got one of ${longest}`);
  const b = rows.length;
  const batch: PaddedBatch = {
    batchSize: b,
    length: t,
    inputIds: new Int32Array(b * t),
    tokenTypeIds: new Int32Array(b * t),
    attentionMask: new Float32Array(b * t),
  };
  rows.forEach((r, k) => {
    batch.inputIds.set(r, k * t);
    batch.attentionMask.fill(1, k * t, k * t + r.length);
    if (tokenTypeIds === undefined) return;
    const types = row(tokenTypeIds, indices[k] ?? -1);
    if (types.length !== r.length)
      throw new RangeError(
        `padRows: row ${indices[k]} has ${r.length} ids and ${types.length} token types`,
      );
    batch.tokenTypeIds.set(types, k * t);
  });
  return batch;
}

/** Batches of at most `batchSize` examples grouped by length, which saves padding; the shortest first. */
export function batchesByLength(
  inputIds: Ragged,
  rows: readonly number[],
  batchSize: number,
): number[][] {
  const length = (i: number) => row(inputIds, i).length;
  const sorted = rows.toSorted((a, b) => length(a) - length(b) || a - b);
  return Array.from({ length: Math.ceil(sorted.length / batchSize) }, (_, i) =>
    sorted.slice(i * batchSize, (i + 1) * batchSize),
  );
}
