import type { MaskSource } from "../step/dropout-masks.ts";
import type { Machinery } from "./open-loop.ts";

/** What differs in a training by the device and engine that run its steps. */
export interface Arrangement {
  masks: MaskSource;
  /** The largest number of lengths that batches are padded to. */
  mostLengths: number;
  /** The largest number of steps in a run. */
  mostSteps: number;
}

/**
 * How a training is arranged for its device and engine.
 *
 * A card takes a step faster than the host makes its masks, so the card makes them itself. On CUDA each
 * run copies the whole state in and out, and a step takes about as long for short texts as for long ones:
 * there all batches have one length, so that a run can have many steps.
 */
export function arrangement({
  device = "cpu",
  engine = "compiled",
}: Partial<Machinery>): Arrangement {
  // Each length needs runs of its own; more lengths would save little padding. With masks from the host,
  // a run has those of all its steps in memory.
  if (device === "cpu" || engine === "eager")
    return { masks: "host", mostLengths: 8, mostSteps: 64 };
  return { masks: "graph", mostLengths: device === "cuda" ? 1 : 8, mostSteps: 512 };
}
