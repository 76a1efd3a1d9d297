import { bucketLengths } from "./length-buckets.ts";
import { splitmix32, shuffled } from "@sweetspot/statistics";

/** One training step's rows. */
export interface PlannedBatch {
  /** From 0. */
  epoch: number;
  /** The number of tokens that its rows are padded to: the bound of its length bucket. */
  length: number;
  /** Rows of the split, `batchSize` of them, or fewer in at most one batch of an epoch. */
  indices: Int32Array;
}

/** Consecutive batches of one length, so that a compiled run can hold several steps. */
const batchesPerBlock = 8;

/**
 * Plans the order of all training steps, a pure function of its arguments.
 *
 * Each epoch has each row once, in its own order. A batch is padded to the bound of its length bucket;
 * rows that do not fill a batch move up to the next bucket, so that only the last batch of the longest
 * bucket may be short. Up to 8 batches of one length form a block, and the blocks of an epoch are
 * shuffled.
 *
 * `lengths` are the tokens of each row, at least 1; `seed` is a whole number, at least 0.
 *
 * @throws RangeError if there is no row, or a number is not a whole number of at least 1
 */
export function batchPlan({
  lengths,
  batchSize,
  epochs,
  seed,
  mostLengths = 8,
}: {
  lengths: ArrayLike<number>;
  batchSize: number;
  epochs: number;
  seed: number;
  /** The most length buckets. */
  mostLengths?: number;
}): PlannedBatch[] {
  for (const [name, value] of Object.entries({ batchSize, epochs })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`batchPlan: ${name} must be a whole number of at least 1, got ${value}`);
  }
  if (lengths.length === 0) throw new RangeError("batchPlan: expected at least one row, got none");
  const bounds = bucketLengths(lengthCounts(lengths), { batchSize, most: mostLengths });
  return Array.from({ length: epochs }, (_, epoch) => {
    const random = splitmix32(seed, epoch);
    const batches = epochBatches(lengths, bounds, { batchSize, epoch, random });
    return shuffled(blocks(batches), random).flat();
  }).flat();
}

/** How many rows have each number of tokens. */
function lengthCounts(lengths: ArrayLike<number>): number[] {
  const counts: number[] = [];
  for (let row = 0; row < lengths.length; row++) {
    const length = lengths[row] ?? 0;
    if (!Number.isInteger(length) || length < 1) {
      throw new RangeError(
        `batchPlan: row ${row} must have a whole number of tokens, at least 1, got ${length}`,
      );
    }
    while (counts.length <= length) counts.push(0);
    counts[length] = (counts[length] ?? 0) + 1;
  }
  return counts;
}

/** The batches of one epoch, by increasing length. */
function epochBatches(
  lengths: ArrayLike<number>,
  bounds: readonly number[],
  { batchSize, epoch, random }: { batchSize: number; epoch: number; random: () => number },
): PlannedBatch[] {
  const buckets = bounds.map((length) => ({ length, rows: [] as number[] }));
  for (const row of shuffled(Array(lengths.length).keys(), random)) {
    buckets.find(({ length }) => (lengths[row] ?? 0) <= length)?.rows.push(row);
  }
  const batches: PlannedBatch[] = [];
  let waiting: number[] = [];
  for (const { length, rows } of buckets) {
    waiting = waiting.concat(rows);
    const full = waiting.length - (waiting.length % batchSize);
    const end = length === bounds.at(-1) ? waiting.length : full;
    for (let i = 0; i < end; i += batchSize) {
      batches.push({ epoch, length, indices: Int32Array.from(waiting.slice(i, i + batchSize)) });
    }
    waiting = waiting.slice(end);
  }
  return batches;
}

/** Runs of batches of one length. */
function blocks(batches: readonly PlannedBatch[]): PlannedBatch[][] {
  const result: PlannedBatch[][] = [];
  for (const batch of batches) {
    const last = result.at(-1);
    if (last !== undefined && last.length < batchesPerBlock && last[0]?.length === batch.length) {
      last.push(batch);
    } else {
      result.push([batch]);
    }
  }
  return result;
}
