import { type EncodedSplit, padRows, type PaddedBatch, rowCount } from "@sweetspot/artifact";
import type { PlannedBatch } from "./batch-plan.ts";

/**
 * Pads the rows of a planned batch to its length, and the batch to exactly `batchSize` rows. Added rows
 * are empty, with label 0 and weight 0; their first position is attended to, so that no softmax is over
 * nothing.
 *
 * @returns the padded ids, and `labels` and `weights`, both `[B]`
 * @throws RangeError if the batch has more than `batchSize` rows, or a row is longer than its length
 */
export function padBatch(
  split: EncodedSplit,
  planned: Pick<PlannedBatch, "indices" | "length">,
  batchSize: number,
): PaddedBatch & { labels: Int32Array; weights: Float32Array } {
  const { indices, length } = planned;
  if (!Number.isInteger(batchSize) || batchSize < indices.length) {
    throw new RangeError(
      `padBatch: batchSize must be a whole number of at least the batch's ${indices.length} rows, got ${batchSize}`,
    );
  }
  const rows = padRows(split.inputIds, [...indices], { tokenTypeIds: split.tokenTypeIds, length });
  const batch = {
    batchSize,
    length,
    inputIds: new Int32Array(batchSize * length),
    tokenTypeIds: new Int32Array(batchSize * length),
    attentionMask: new Float32Array(batchSize * length),
    labels: new Int32Array(batchSize),
    weights: new Float32Array(batchSize).fill(1, 0, indices.length),
  };
  batch.inputIds.set(rows.inputIds);
  batch.tokenTypeIds.set(rows.tokenTypeIds);
  batch.attentionMask.set(rows.attentionMask);
  for (let b = indices.length; b < batchSize; b++) batch.attentionMask[b * length] = 1;
  indices.forEach((i, b) => {
    const label = split.labels[i];
    if (label === undefined)
      throw new RangeError(`padBatch: no row ${i}, there are ${rowCount(split.inputIds)}`);
    batch.labels[b] = label;
  });
  return batch;
}
