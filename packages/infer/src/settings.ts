import { type Precision, precisionSchema } from "@sweetspot/artifact";
import { type Device, devices } from "@sweetspot/runtime/device";
import { z } from "zod";

/** Settings of the stage `predict`. */
export interface PredictSettings {
  /** Examples per batch; changes logits only by rounding. */
  batchSize: number;
  /** Whether to predict the training split too, to measure how well each exit fits it or to teach a pupil. */
  training: boolean;
  /** What the segments compute with; the bundle must have it. */
  precision: Precision;
  /** The device that segments run on. The last bits of logits depend on it. */
  device: Device;
}

/** Settings of the stage `time`. */
export interface TimeSettings {
  /** How many test examples are timed, spread evenly over the split. */
  examples: number;
  /** How often each call is timed, 2 or more: alternate rounds show the noise. */
  rounds: number;
  /** The device that segments run on. */
  device: Device;
}

const device = z.enum(devices).default("cpu");

/** The settings of the stage `predict`. */
export const predictSettings: z.ZodType<PredictSettings> = z.strictObject({
  batchSize: z.int().positive().default(32),
  training: z.boolean().default(false),
  precision: precisionSchema.default("fp32"),
  device,
});

/** The settings of the stage `time`. */
export const timeSettings: z.ZodType<TimeSettings> = z.strictObject({
  examples: z.int().positive().default(32),
  rounds: z.int().min(2).default(4),
  device,
});
