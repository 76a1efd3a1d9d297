import { type Device, devices } from "@sweetspot/runtime/device";
import { z } from "zod";

/** Settings of the stage `predict`. */
export interface PredictSettings {
  /** Examples per run; changes no logit beyond rounding. */
  batchSize: number;
  /** Whether to predict the training split too: how well each exit fits it, and what it teaches. */
  training: boolean;
  /** Where the segments run. Another device gives other last bits. */
  device: Device;
}

/** Settings of the stage `time`. */
export interface TimeSettings {
  /** Batches are made of this many test examples, spread evenly over the split. */
  examples: number;
  /** How often each of them is timed, at the least. */
  rounds: number;
  /** Where the segments run. */
  device: Device;
}

const device = z.enum(devices).default("cpu");

/** The settings of the stage `predict`. */
export const predictSettings: z.ZodType<PredictSettings> = z.strictObject({
  batchSize: z.int().positive().default(32),
  training: z.boolean().default(false),
  device,
});

/** The settings of the stage `time`. */
export const timeSettings: z.ZodType<TimeSettings> = z.strictObject({
  examples: z.int().positive().default(64),
  rounds: z.int().positive().default(5),
  device,
});
