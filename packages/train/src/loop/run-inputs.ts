import type { EncodedSplit } from "@sweetspot/artifact";
import { padBatch, type PlannedBatch } from "@sweetspot/data";
import type { DropoutSite } from "@sweetspot/model";
import { adamWScalars } from "../step/adamw.ts";
import { dropoutMasks, maskKeys, type MaskSource } from "../step/dropout-masks.ts";
import type { LearningRateSchedule } from "./schedule.ts";
import type { TrainSettings } from "../settings.ts";

/** What the numbers of a step depend on, besides its batch. */
export type StepSettings = Pick<TrainSettings, "seed" | "batchSize" | "weightDecay">;

type HostArray = Float32Array | Int32Array | Uint8Array;
type Numbers = Float32Array | Int32Array;

/** What a step reads beside its batch and AdamW's scalars, by the names of its inputs. */
export type MoreInputs = (batch: PlannedBatch, step: number) => Record<string, Float32Array>;

/**
 * What the compiled loop reads for a run of steps, by the names of `stepInputs`: each step's arrays,
 * end to end.
 *
 * @param index a token id -> its row in the trained table
 * @param batches of one length, those of the steps from `firstStep` on
 */
export function runInputs(
  split: EncodedSplit,
  index: Int32Array,
  sites: readonly DropoutSite[],
  settings: StepSettings,
  batches: readonly PlannedBatch[],
  {
    firstStep,
    schedule,
    masks: source = "host",
  }: { firstStep: number; schedule: LearningRateSchedule; masks?: MaskSource },
  more: MoreInputs = () => ({}),
): Record<string, HostArray> {
  const steps = batches.map((planned, i): Record<string, Numbers> => {
    const step = firstStep + i;
    const batch = padBatch(split, planned, settings.batchSize);
    const { keep, stepSize, epsilon } = adamWScalars(schedule.at(step), settings.weightDecay);
    return {
      inputIds: batch.inputIds.map((id) => index[id] ?? -1),
      tokenTypeIds: batch.tokenTypeIds,
      attentionMask: batch.attentionMask,
      labels: batch.labels,
      weights: batch.weights,
      keep: Float32Array.of(keep),
      stepSize: Float32Array.of(stepSize),
      epsilon: Float32Array.of(epsilon),
      ...more(planned, step),
    };
  });
  const [first] = steps;
  return Object.fromEntries([
    ...Object.keys(first ?? {}).map((name) => [
      name,
      endToEnd(steps.flatMap((s) => s[name] ?? [])),
    ]),
    ...Object.entries(maskInputs(source, sites, settings, batches, firstStep)),
  ]);
}

function maskInputs(
  source: MaskSource,
  sites: readonly DropoutSite[],
  { seed, batchSize }: StepSettings,
  batches: readonly PlannedBatch[],
  firstStep: number,
): Record<string, HostArray> {
  if (sites.length === 0) return {};
  if (source === "graph") return maskKeys(sites, seed, firstStep, batches.length);
  const size = { B: batchSize, T: batches[0]?.length ?? 0 };
  const masks = dropoutMasks(sites, size, seed, firstStep, batches.length);
  return Object.fromEntries(Object.entries(masks).map(([site, mask]) => [`dropout/${site}`, mask]));
}

function endToEnd(parts: readonly Numbers[]): Numbers {
  const [first = new Float32Array(0)] = parts;
  const length = first.length * parts.length;
  const all = first instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  parts.forEach((part, i) => all.set(part, i * first.length));
  return all;
}
