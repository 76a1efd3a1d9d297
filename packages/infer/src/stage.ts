import { little, type Stage, toldBy } from "@sweetspot/artifact";
import { type Device, deviceProblem, devices } from "@sweetspot/runtime/device";
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

/** `predict`: the logits of every exit for every example of the three held-out splits, and of the training split if asked. */
export const predict: Stage<PredictSettings> = {
  name: "predict",
  reads: ["data", "export"],
  settings: z.strictObject({
    batchSize: z.int().positive().default(32),
    training: z.boolean().default(false),
    device,
  }),
  check: async (settings) => deviceProblem(settings.device),
  estimate: async ({ settings, inputs }) => ({
    ...little,
    operations:
      (toldBy(inputs, "data", "heldOut") +
        (settings.training ? toldBy(inputs, "data", "training") : 0)) *
      toldBy(inputs, "export", "forward"),
  }),
  run: async (context) => (await import("./predict.ts")).runPredict(context),
};

/** `time`: milliseconds of each segment at batch 1 and 32. Needs the machine to itself. */
export const time: Stage<TimeSettings> = {
  name: "time",
  reads: ["data", "export"],
  settings: z.strictObject({
    examples: z.int().positive().default(64),
    rounds: z.int().positive().default(5),
    device,
  }),
  check: async (settings) => deviceProblem(settings.device),
  // Each example alone and in batches.
  estimate: async ({ settings, inputs }) => ({
    ...little,
    operations: 2 * settings.examples * settings.rounds * toldBy(inputs, "export", "forward"),
  }),
  run: async (context) => (await import("./time.ts")).runTime(context),
};
