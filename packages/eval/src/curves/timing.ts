import type { Timing } from "@sweetspot/artifact";
import type { CascadeExit } from "./exit-cost.ts";

/**
 * Milliseconds for an example that leaves at each exit: the sum of the medians of every segment run
 * until then, earlier members included. The time between segments (such as gathering the rest of a
 * batch) is not included.
 *
 * @param where the file, for errors
 * @throws RangeError if a batch size or segment was not timed, was timed twice, or reads another
 *   layer than the predictions say
 */
export function exitMilliseconds(
  timing: Timing,
  exits: readonly CascadeExit[],
  batchSize: 1 | 32,
  where: string,
): number[] {
  const batches = timing.batches.filter((b) => b.batchSize === batchSize);
  const [batch] = batches;
  if (batch === undefined || batches.length > 1) {
    throw new RangeError(
      `${where}: expected one entry of batch size ${batchSize}, got ${batches.length}; run the stage time again`,
    );
  }
  let sum = 0;
  return exits.map(({ member, segment, exitLayer }) => {
    const timed = batch.segments.filter((s) => s.member === member && s.segment === segment);
    const [found] = timed;
    if (found === undefined || timed.length > 1) {
      throw new RangeError(
        `${where}: expected one timing of member ${member}, segment ${segment} at batch size ${batchSize}, got ${timed.length}; run the stage time again`,
      );
    }
    if (found.exitLayer !== exitLayer) {
      throw new RangeError(
        `${where}: member ${member}, segment ${segment} must end at layer ${exitLayer}, as in the predictions, got ${found.exitLayer}; both must come from one export`,
      );
    }
    sum += found.medianMs;
    return sum;
  });
}
