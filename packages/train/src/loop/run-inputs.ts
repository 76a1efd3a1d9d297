import type { EncodedSplit } from "@sweetspot/artifact";
import type { HostArray } from "@sweetspot/compile/session";
import { padBatch, type PlannedBatch } from "@sweetspot/data";
import type { DropoutSite } from "@sweetspot/model";
import { adamWScalars } from "../step/adamw.ts";
import { dropoutMasks, maskKeys, type MaskSource } from "../step/dropout-masks.ts";
import type { LearningRateSchedule } from "./schedule.ts";
import type { TrainSettings } from "../settings.ts";

/** The settings that a step's inputs depend on, besides its batch. */
export type StepSettings = Pick<TrainSettings, "seed" | "batchSize" | "weightDecay">;

/** A step's inputs besides its batch and AdamW's scalars, by name. */
export type MoreInputs = (batch: PlannedBatch, step: number) => Record<string, Float32Array>;

/**
 * The inputs of each step of a run, by the names of `stepInputs`.
 *
 * @param index a token id -> its row in the trained table
 * @param batches of one length, those of the steps from `firstStep` on
 */
export function runInputs(
  split: EncodedSplit,
  index: Int32Array,
  sites: readonly DropoutSite[],
  { seed, batchSize, weightDecay }: StepSettings,
  batches: readonly PlannedBatch[],
  {
    firstStep,
    schedule,
    masks: source = "host",
    classWeights,
  }: {
    firstStep: number;
    schedule: LearningRateSchedule;
    masks?: MaskSource;
    /** `[K]`: how much an example of each class counts; by default 1. */
    classWeights?: Float64Array | undefined;
  },
  more: MoreInputs = () => ({}),
): Record<string, HostArray>[] {
  const size = { B: batchSize, T: batches[0]?.length ?? 0 };
  const masks =
    source === "host"
      ? dropoutMasks(sites, size, seed, firstStep, batches.length)
      : batches.map((_, i) => maskKeys(sites, seed, firstStep + i));
  return batches.map((planned, i) => {
    const step = firstStep + i;
    const batch = padBatch(split, planned, batchSize);
    const { keep, stepSize, epsilon } = adamWScalars(schedule.at(step), weightDecay);
    return {
      inputIds: batch.inputIds.map((id) => index[id] ?? -1),
      tokenTypeIds: batch.tokenTypeIds,
      attentionMask: batch.attentionMask,
      labels: batch.labels,
      weights: batch.weights.map((w, b) => w * (classWeights?.[batch.labels[b] ?? -1] ?? 1)),
      keep: Float32Array.of(keep),
      stepSize: Float32Array.of(stepSize),
      epsilon: Float32Array.of(epsilon),
      ...more(planned, step),
      ...masks[i],
    };
  });
}
