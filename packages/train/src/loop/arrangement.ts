import type { MaskSource } from "../step/dropout-masks.ts";
import type { Machinery } from "./open-loop.ts";

/** What a training does in another way where another machine runs its steps. */
export interface Arrangement {
  masks: MaskSource;
  /** The most lengths that batches are padded to. */
  mostLengths: number;
  /** The most steps of a run. */
  mostSteps: number;
}

/**
 * How a training is arranged for its device.
 *
 * A card takes a step faster than the host makes its masks, so it makes them itself. On CUDA each run
 * copies the whole state in and out, and a step takes about as long for short texts as for long ones:
 * there all batches have one length, so that a run may hold many steps.
 */
export function arrangement({
  device = "cpu",
  engine = "compiled",
}: Partial<Machinery>): Arrangement {
  // Each length costs a run of its own now and then; more would save little padding. With masks of the
  // host each step of a run brings its own along.
  if (device === "cpu" || engine === "eager")
    return { masks: "host", mostLengths: 8, mostSteps: 64 };
  return { masks: "graph", mostLengths: device === "cuda" ? 1 : 8, mostSteps: 512 };
}
