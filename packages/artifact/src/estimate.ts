import type { Json } from "./folder/manifest.ts";

/** What running a stage asks for, told before it runs. */
export interface Estimate {
  /** Floating-point operations, those of the matrix products. */
  operations: number;
  /** Seconds that it takes besides, however fast products are. */
  seconds: number;
  /** Of memory at its peak, in bytes; 0 where it is little. */
  memoryBytes: number;
  /** Of the artefact that it leaves, in bytes; 0 where it is little. */
  diskBytes: number;
  /** Files that must be fetched first, by name, and their bytes. Who shares a file names it alike. */
  downloads: Record<string, number>;
  /** What the stages that read this one need to know for theirs. */
  told: Record<string, number>;
}

/** A cell as the estimate of one that reads it sees it. */
export interface PlannedInput {
  settings: unknown;
  estimate: Estimate;
}

/** What asks for next to nothing. */
export const little: Estimate = {
  operations: 0,
  seconds: 0,
  memoryBytes: 0,
  diskBytes: 0,
  downloads: {},
  told: {},
};

/** How a stage's estimate is asked for. */
export interface EstimateContext<Settings> {
  settings: Settings;
  /** By the names in `Stage.reads`. */
  inputs: Readonly<Record<string, PlannedInput>>;
  /** Of the stage's artefact, if it has run with these settings. */
  facts?: Readonly<Record<string, Json>>;
}

/** Something that an input tells. @throws RangeError if it does not */
export function toldBy(
  inputs: EstimateContext<unknown>["inputs"],
  input: string,
  what: string,
): number {
  const value = inputs[input]?.estimate.told[what];
  if (value === undefined)
    throw new RangeError(`estimate: the input ${input} does not tell ${what}`);
  return value;
}
