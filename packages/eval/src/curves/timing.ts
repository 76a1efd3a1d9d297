import type { Milliseconds, Predictions, TimedBatch, Timing } from "@sweetspot/artifact";
import { cascadeExits } from "./exit-cost.ts";

/** Milliseconds a text, from a cascade's timing. */
export interface MeasuredTime {
  /** Of the cascade at a mean cost: by linear interpolation between the timed thresholds. */
  atCost(cost: number): Milliseconds;
  /** Of each exit alone, in the order of the exits. */
  exits: Milliseconds[];
}

/**
 * The time of a cascade, as a function of its mean cost, and of its exits alone.
 *
 * @param where the file, for errors
 * @throws RangeError if the precision or a batch size was not timed, or was timed twice, or the timing has other exits
 *   than the predictions
 */
export function measuredTime(
  timing: Timing,
  { members, layers, precision }: Pick<Predictions, "members" | "layers" | "precision">,
  where: string,
): MeasuredTime {
  const exits = cascadeExits(members);
  const batches = timing.batches[precision];
  if (batches === undefined)
    throw new RangeError(
      `${where}: expected times in ${precision}, got none; run the stage time again`,
    );
  const [one, eight, many] = ([1, 8, 32] as const).map((size) => timedBatch(batches, size, where));
  const each = (of: (batch: TimedBatch | undefined) => number): Milliseconds => ({
    "1": of(one),
    "8": of(eight),
    "32": of(many),
  });
  for (const batch of [one, eight, many]) {
    const timed = batch?.exits.map(({ cost }) => Math.round(cost * layers)) ?? [];
    const expected = exits.map((exit) => exit.exitLayer);
    if (timed.join() !== expected.join())
      throw new RangeError(
        `${where}: expected the times of exits after layers ${expected.join(", ")} at batch size ${batch?.batchSize}, as in the predictions, got ${timed.join(", ")}; both must come from one export`,
      );
  }
  return {
    atCost: (cost) => each((batch) => interpolated(batch?.cascade ?? [], cost)),
    exits: exits.map((_, e) => each((batch) => batch?.exits[e]?.meanMs ?? NaN)),
  };
}

function timedBatch(
  all: readonly TimedBatch[],
  size: TimedBatch["batchSize"],
  where: string,
): TimedBatch {
  const batches = all.filter((b) => b.batchSize === size);
  const [batch] = batches;
  if (batch === undefined || batches.length > 1)
    throw new RangeError(
      `${where}: expected one entry of batch size ${size}, got ${batches.length}; run the stage time again`,
    );
  return batch;
}

/** The time at a cost, on the line through the two timed points around it, or through the nearest two. */
function interpolated(points: TimedBatch["cascade"], cost: number): number {
  const above = points.findIndex((p) => p.cost >= cost);
  const right = above < 0 ? points.length - 1 : Math.max(1, above);
  const [a, b] = [points[right - 1], points[right]];
  if (b === undefined || a === undefined) return points[0]?.meanMs ?? NaN;
  return Math.max(0, a.meanMs + ((cost - a.cost) / (b.cost - a.cost)) * (b.meanMs - a.meanMs));
}
