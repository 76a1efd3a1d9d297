import { randomStream, shuffled } from "./random.ts";

/** One training step's rows. */
export interface PlannedBatch {
  /** Counted from 0. */
  epoch: number;
  /** Tokens that its rows are padded to: its length bucket's bound. */
  length: number;
  /** Rows of the split, `batchSize` of them, or fewer in at most one batch of an epoch. */
  indices: Int32Array;
}

/** Bucket bounds are its multiples, but the bound of a bucket is never above its longest row. */
const bucketTokens = 8;

/**
 * The order of all training steps, a pure function of its arguments.
 *
 * Each epoch holds each row once. Its batches are cut to a length bucket; rows that do not fill a
 * batch move up to the next bucket, so that only the last batch of the longest bucket may be short.
 * `batchesPerBlock` consecutive batches of one length make a block (a compiled run has one length);
 * the blocks of an epoch are shuffled.
 *
 * @param lengths tokens of each row, at least 1
 * @throws RangeError if there is no row, or a number is not a whole one of at least 1
 */
export function batchPlan({
  lengths,
  batchSize,
  epochs,
  seed,
  batchesPerBlock = 8,
}: {
  lengths: ArrayLike<number>;
  batchSize: number;
  epochs: number;
  seed: number;
  batchesPerBlock?: number;
}): PlannedBatch[] {
  for (const [name, value] of Object.entries({ batchSize, epochs, batchesPerBlock })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`batchPlan: ${name} must be a whole number of at least 1, got ${value}`);
  }
  if (lengths.length === 0) throw new RangeError("batchPlan: expected at least one row, got none");
  const bounds = bucketBounds(lengths);
  return Array.from({ length: epochs }, (_, epoch) => epoch).flatMap((epoch) => {
    const random = randomStream(seed, epoch);
    const batches = epochBatches(lengths, bounds, { batchSize, epoch, random });
    return shuffled(blocks(batches, batchesPerBlock), random).flat();
  });
}

/** Bucket number (tokens over `bucketTokens`, rounded up) -> the length that it is padded to, rising. */
function bucketBounds(lengths: ArrayLike<number>): Map<number, number> {
  const longest = new Map<number, number>();
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] ?? 0;
    if (!Number.isInteger(length) || length < 1) {
      throw new RangeError(
        `batchPlan: row ${i} must have a whole number of tokens, at least 1, got ${length}`,
      );
    }
    const bucket = Math.ceil(length / bucketTokens);
    longest.set(bucket, Math.max(longest.get(bucket) ?? 0, length));
  }
  return new Map([...longest].sort(([a], [b]) => a - b));
}

/** The batches of one epoch, by rising length. */
function epochBatches(
  lengths: ArrayLike<number>,
  bounds: ReadonlyMap<number, number>,
  { batchSize, epoch, random }: { batchSize: number; epoch: number; random: () => number },
): PlannedBatch[] {
  const buckets = new Map([...bounds.keys()].map((bucket) => [bucket, [] as number[]]));
  const rows = shuffled(Array(lengths.length).keys(), random);
  for (const row of rows) buckets.get(Math.ceil((lengths[row] ?? 0) / bucketTokens))?.push(row);
  const batches: PlannedBatch[] = [];
  let waiting: number[] = [];
  let length = 0;
  for (const [bucket, members] of buckets) {
    length = bounds.get(bucket) ?? 0;
    waiting.push(...members);
    const full = waiting.length - (waiting.length % batchSize);
    for (let i = 0; i < full; i += batchSize) {
      batches.push({ epoch, length, indices: Int32Array.from(waiting.slice(i, i + batchSize)) });
    }
    waiting = waiting.slice(full);
  }
  if (waiting.length > 0) batches.push({ epoch, length, indices: Int32Array.from(waiting) });
  return batches;
}

/** Consecutive batches of one length, `size` at most. */
function blocks(batches: readonly PlannedBatch[], size: number): PlannedBatch[][] {
  const result: PlannedBatch[][] = [];
  for (const batch of batches) {
    const last = result.at(-1);
    if (last !== undefined && last.length < size && last[0]?.length === batch.length) {
      last.push(batch);
    } else {
      result.push([batch]);
    }
  }
  return result;
}
