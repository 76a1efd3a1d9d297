/**
 * Chooses the lengths to pad batches to: at most `most`, such that an epoch has the fewest padded
 * tokens. The solution is exact: rows are sorted by length and those that do not fill a batch move up to
 * the next bucket, so the number of batches in a bucket follows from the counts alone, and dynamic
 * programming over the lengths that occur finds the best bounds.
 *
 * @param counts `counts[t]` rows have t tokens
 * @returns increasing; the last is the longest row's length; empty if there are no rows
 */
export function bucketLengths(
  counts: ArrayLike<number>,
  { batchSize, most }: { batchSize: number; most: number },
): number[] {
  const occurring = Array.from(counts, (_, length) => length).filter((t) => (counts[t] ?? 0) > 0);
  const longest = occurring.at(-1);
  let rows = 0;
  // Batches filled by rows up to each length; the longest rows end the epoch, with a full batch or not.
  const ended = occurring.map((length) => {
    rows += counts[length] ?? 0;
    return length === longest ? Math.ceil(rows / batchSize) : Math.floor(rows / batchSize);
  });
  // By number of buckets: the cheapest buckets whose last bound is occurring[j].
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
