import { z } from "zod";
import { type Precision, precisions } from "./precision.ts";

/** `timing.json`: how long texts take, measured with the machine otherwise idle. */
export interface Timing {
  format: "sweetspot-timing-2";
  machine: Machine;
  /** For each precision that the bundle has, one entry for each batch size; all were timed in turns. */
  batches: Partial<Record<Precision, TimedBatch[]>>;
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

/** The batch sizes that are timed. */
export const timedBatchSizes = [1, 8, 32] as const;

/** What calls of `classify` took, of this many texts each. */
export interface TimedBatch {
  batchSize: (typeof timedBatchSizes)[number];
  /** Texts timed at each point, in each round. */
  examples: number;
  /** The cascade at several thresholds, cost rising: from "all leave at the first exit" to "all run everything". */
  cascade: TimedPoint[];
  /** Each exit alone, in their order over all members: its member runs as far as the exit, for every text. */
  exits: TimedPoint[];
}

/** The time of one way to answer, tokenisation included. Milliseconds are those of a call over its texts. */
export interface TimedPoint {
  /** Mean layers that ran, over the full model's. */
  cost: number;
  /** Mean over the calls of a round; the median of the rounds. */
  meanMs: number;
  /** Quantiles over the calls, each call with its median over the rounds. */
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  /** Measured twice, in alternate rounds: the difference of the two medians of `meanMs`, over their mean. */
  noise: number;
}

const ms = z.number().nonnegative();
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

const timedPoint: z.ZodType<TimedPoint> = z.strictObject({
  cost: z.number().positive(),
  meanMs: ms,
  p50Ms: ms,
  p90Ms: ms,
  p99Ms: ms,
  noise: ms,
});

/** The schema of one batch size in `timing.json`. */
export const timedBatchSchema: z.ZodType<TimedBatch> = z.strictObject({
  batchSize: z.literal([...timedBatchSizes]),
  examples: count,
  cascade: z
    .array(timedPoint)
    .min(1)
    .refine((points) => points.every((p, i) => p.cost > (points[i - 1]?.cost ?? 0)), {
      error: "costs must rise",
    }),
  exits: z.array(timedPoint).min(1),
});

/** The schema of `timing.json`. */
export const timingSchema: z.ZodType<Timing> = z.strictObject({
  format: z.literal("sweetspot-timing-2"),
  machine: machineSchema,
  batches: z
    .partialRecord(z.enum(precisions), z.array(timedBatchSchema))
    .refine((batches) => Object.keys(batches).length > 0, { error: "must have a precision" }),
});
