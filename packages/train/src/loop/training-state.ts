import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Artifact,
  openArtifact,
  readSafetensors,
  writeArtifact,
  writeSafetensors,
} from "@sweetspot/artifact";
import { elementCount, type TensorSpecs } from "@sweetspot/compile";

/** The metrics of one training step; a line of `metrics.jsonl`. */
export interface StepMetrics {
  /** From 0. */
  step: number;
  /** From 0. */
  epoch: number;
  learningRate: number;
  /** The cross entropy of each exit. */
  losses: number[];
  /** The gradient's global norm, before clipping. */
  gradientNorm: number;
  /** Between the classifiers' gradients, with `gradientConflict`: in the order of `meetingPlaces`. */
  cosines?: number[];
  /** Cosines between each classifier's gradient and the update, in the order of `reachedLayers`. */
  alignments?: number[];
}

/** Everything that a training needs to resume as if it had never stopped. */
export interface TrainingState {
  /** How many steps have been done. */
  step: number;
  state: Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>;
  metrics: StepMetrics[];
}

/** Writes a checkpoint, whole or not at all, in place of the previous one. */
export async function writeTrainingState(
  folder: string,
  identity: string,
  { step, state, metrics }: TrainingState,
): Promise<void> {
  const about = { stage: "training-state", settings: { identity }, inputs: {} };
  await writeArtifact(folder, about, async (output) => {
    const tensors = Object.fromEntries(
      Object.entries(state).map(([name, data]) => [
        name,
        { shape: [data.length], data: data as Float32Array },
      ]),
    );
    await writeSafetensors(join(output, "state.safetensors"), tensors);
    await writeFile(join(output, "metrics.jsonl"), metricsLines(metrics));
    return { step };
  });
}

/**
 * The checkpoint in a folder, if it is whole and has this identity.
 *
 * @param identity changes with everything that the numbers depend on
 */
export async function readTrainingState(
  folder: string,
  identity: string,
): Promise<TrainingState | undefined> {
  const artifact = await openArtifact(folder).catch(() => undefined);
  if (artifact === undefined || !hasIdentity(artifact, identity)) return undefined;
  const { step } = artifact.manifest.facts;
  if (typeof step !== "number") return undefined;
  const tensors = await readSafetensors(artifact.path("state.safetensors"));
  const lines = (await readFile(artifact.path("metrics.jsonl"), "utf8")).trim();
  return {
    step,
    state: Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.data])),
    metrics: lines === "" ? [] : lines.split("\n").map((line) => JSON.parse(line) as StepMetrics),
  };
}

/** Whether an artifact was written for this identity. */
export function hasIdentity({ manifest }: Artifact, identity: string): boolean {
  return JSON.stringify(manifest.settings) === JSON.stringify({ identity });
}

/** Whether a state has the tensors that a training expects, each with its size. */
export function fitsState({ state }: TrainingState, specs: TensorSpecs): boolean {
  const wanted = Object.entries(specs);
  return (
    Object.keys(state).length === wanted.length &&
    wanted.every(([name, { shape }]) => state[name]?.length === elementCount(shape))
  );
}

/** JSON Lines, one step a line. */
export function metricsLines(metrics: readonly StepMetrics[]): string {
  return metrics.map((m) => `${JSON.stringify(m)}\n`).join("");
}
