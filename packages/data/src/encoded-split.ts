import {
  type Artifact,
  type HostTensor,
  padRows,
  type PaddedBatch,
  type Ragged,
  readSafetensors,
  rowCount,
  writeSafetensors,
} from "@sweetspot/artifact";
import type { PlannedBatch } from "./batch-plan.ts";
import type { SplitName } from "./splits.ts";

/** Examples as token ids. */
export interface EncodedSplit {
  inputIds: Ragged;
  /** Of the same offsets as `inputIds`: 0 for the first text, 1 for the second. */
  tokenTypeIds: Ragged;
  /** `[N]`, indices into `labels.json`. */
  labels: Int32Array;
}

/** Reads one split of an artefact of the stage `data`. @throws RangeError if it has no such split */
export async function readSplit(data: Artifact, split: SplitName): Promise<EncodedSplit> {
  const path = data.path(`${split}.safetensors`);
  const tensors = await readSafetensors(path);
  const read = (name: string) => int32(tensors[name], name, path);
  const offsets = read("inputIds.offsets");
  return {
    inputIds: { values: read("inputIds.values"), offsets },
    tokenTypeIds: { values: read("tokenTypeIds.values"), offsets },
    labels: read("labels"),
  };
}

function int32(tensor: HostTensor | undefined, name: string, path: string): Int32Array {
  if (!(tensor?.data instanceof Int32Array))
    throw new TypeError(`${path}: expected an int32 tensor "${name}"; run the stage data again`);
  return tensor.data;
}

/** Writes a split as `readSplit` reads it. */
export async function writeSplit(
  path: string,
  { inputIds, tokenTypeIds, labels }: EncodedSplit,
): Promise<void> {
  await writeSafetensors(path, {
    "inputIds.values": vector(inputIds.values),
    "inputIds.offsets": vector(inputIds.offsets),
    "tokenTypeIds.values": vector(tokenTypeIds.values),
    labels: vector(labels),
  });
}

function vector(data: Int32Array): HostTensor {
  return { shape: [data.length], data };
}

/**
 * The rows of a planned batch, padded to its length and to exactly `batchSize` rows. Rows that are
 * missing are empty, of label 0 and weight 0; their first position is attended to, so that no
 * softmax runs over nothing.
 *
 * @returns besides the padded ids, `labels` and `weights`, both `[B]`
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
