/**
 * The lengths that batches are padded to: at most `most`, chosen so that an epoch has the fewest
 * padded tokens. Exact: with rows sorted by length, and those that do not fill a batch moving up to
 * the next bucket, how many batches end within a bucket follows from the counts alone, so dynamic
 * programming over the lengths that occur finds the best bounds.
 *
 * @param counts `counts[t]` rows have t tokens
 * @returns rising; the last is the longest row's length; empty if there are no rows
 */
export function bucketLengths(
  counts: ArrayLike<number>,
  { batchSize, most }: { batchSize: number; most: number },
): number[] {
  const occurring = Array.from(counts, (_, length) => length).filter((t) => (counts[t] ?? 0) > 0);
  const longest = occurring.at(-1);
  let rows = 0;
  // Batches filled by rows of at most each length; the longest rows end the epoch, full or not.
  const ended = occurring.map((length) => {
    rows += counts[length] ?? 0;
    return length === longest ? Math.ceil(rows / batchSize) : Math.floor(rows / batchSize);
  });
  // The cheapest buckets of which the last is bounded by occurring[j], by how many there are.
  let best = occurring.map((length, j) => ({ tokens: length * (ended[j] ?? 0), bounds: [length] }));
  let answer = best.at(-1);
  for (let buckets = 2; buckets <= most; buckets++) {
    const shorter = best;
    best = occurring.map((length, j) => {
      let tokens = Infinity;
      let before: readonly number[] = [];
      for (let i = 0; i < j; i++) {
        const cost =
          (shorter[i]?.tokens ?? Infinity) + length * ((ended[j] ?? 0) - (ended[i] ?? 0));
        if (cost >= tokens) continue;
        tokens = cost;
        before = shorter[i]?.bounds ?? [];
      }
      return { tokens, bounds: [...before, length] };
    });
    const last = best.at(-1);
    if (last !== undefined && answer !== undefined && last.tokens < answer.tokens) answer = last;
  }
  return answer?.bounds ?? [];
}
