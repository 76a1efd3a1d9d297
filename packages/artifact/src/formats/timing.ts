import { z } from "zod";

/** `timing.json`: the time of each segment, measured with the machine otherwise idle. */
export interface Timing {
  format: "sweetspot-timing-1";
  machine: Machine;
  batches: TimedBatch[];
}

/** The machine on which it was measured. */
export interface Machine {
  cpu: string;
  cores: number;
  platform: string;
  node: string;
  onnxruntime: string;
  threads: number;
  /** `cpu`, `webgpu` or `cuda`. */
  device: string;
}

/** The segments' times at one batch size. */
export interface TimedBatch {
  batchSize: 1 | 32;
  /** Examples timed per segment, in all. */
  examples: number;
  segments: TimedSegment[];
}

/** One segment's times in milliseconds per example: a batch's time divided by its size. Quantiles are over the rounds of a batch, then averaged over the batches. */
export interface TimedSegment {
  /** From 0. */
  member: number;
  segment: number;
  exitLayer: number;
  /** The number of layers that this segment runs. */
  layers: number;
  medianMs: number;
  p10Ms: number;
  p90Ms: number;
}

const ms = z.number().nonnegative();
const index = z.int().nonnegative();
const count = z.int().positive();

/** The schema of a machine in `timing.json`. */
export const machineSchema: z.ZodType<Machine> = z.strictObject({
  cpu: z.string(),
  cores: count,
  platform: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  threads: count,
  device: z.string().min(1),
});

/** The schema of one batch size in `timing.json`. */
export const timedBatchSchema: z.ZodType<TimedBatch> = z.strictObject({
  batchSize: z.union([z.literal(1), z.literal(32)]),
  examples: count,
  segments: z.array(
    z.strictObject({
      member: index,
      segment: index,
      exitLayer: count,
      layers: count,
      medianMs: ms,
      p10Ms: ms,
      p90Ms: ms,
    }),
  ),
});

/** The schema of `timing.json`. */
export const timingSchema: z.ZodType<Timing> = z.strictObject({
  format: z.literal("sweetspot-timing-1"),
  machine: machineSchema,
  batches: z.array(timedBatchSchema),
});
