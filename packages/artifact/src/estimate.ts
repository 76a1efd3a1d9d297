import type { Json } from "./folder/manifest.ts";

/** What running a stage needs, estimated before it runs. */
export interface Estimate {
  /** Floating-point operations of the matrix products. */
  operations: number;
  /** Seconds spent on everything else, however fast the products are. */
  seconds: number;
  /** Peak memory in bytes; 0 where it is negligible. */
  memoryBytes: number;
  /** Size of the artifact in bytes, without weights; 0 where it is negligible. */
  diskBytes: number;
  /** Size of its files of weights, in bytes. */
  weightBytes: number;
  /** Files to fetch first: name -> bytes. Cells that share a file use the same name. */
  downloads: Record<string, number>;
  /** Numbers that the stages that read this one need for their own estimates. */
  quantities: Record<string, number>;
}

/** An input's cell, as the estimate of a cell that reads it sees it. */
export interface PlannedInput {
  settings: unknown;
  estimate: Estimate;
}

/** The estimate of a stage that needs next to nothing. */
export const zeroEstimate: Estimate = {
  operations: 0,
  seconds: 0,
  memoryBytes: 0,
  diskBytes: 0,
  weightBytes: 0,
  downloads: {},
  quantities: {},
};

/** What a stage's `estimate` is given. */
export interface EstimateContext<Settings> {
  settings: Settings;
  /** By the names in `Stage.reads`. */
  inputs: Readonly<Record<string, PlannedInput>>;
  /** The facts of the stage's artifact, if it has run with these settings. */
  facts?: Readonly<Record<string, Json>>;
}

/** One of the quantities of an input's estimate. @throws RangeError if the estimate has none of that name */
export function inputQuantity(
  inputs: EstimateContext<unknown>["inputs"],
  input: string,
  name: string,
): number {
  const value = inputs[input]?.estimate.quantities[name];
  if (value === undefined)
    throw new RangeError(`estimate: expected the input ${input} to estimate ${name}, got nothing`);
  return value;
}
