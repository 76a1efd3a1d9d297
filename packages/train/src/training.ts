import type { HostTensor } from "@sweetspot/artifact";
import { batchPlan, type EncodedSplit } from "@sweetspot/data";
import {
  checkExitLayers,
  dropoutSites,
  encoderParameters,
  exitParameters,
  initialWeights,
  longestText,
  type ParameterSpec,
  type PretrainedEncoder,
  sharedPoolerParameters,
} from "@sweetspot/model";
import type { Objective } from "./objective.ts";
import { type Machinery, openLoop } from "./open-loop.ts";
import { occurringRows, restoreRows } from "./occurring-rows.ts";
import { scalarsAt } from "./run-inputs.ts";
import { type Checkpoints, runPlan } from "./run-plan.ts";
import type { TrainSettings } from "./stage.ts";
import {
  fitsState,
  readTrainingState,
  type StepMetrics,
  type TrainingState,
} from "./training-state.ts";
import { initialState, stepState, weightsOf } from "./state-layout.ts";
import { stepInputs, trainingStep } from "./training-step.ts";

/** What `trainModel` trains, and on what. */
export interface TrainingTask {
  encoder: PretrainedEncoder;
  objective: Pick<Objective, "nextSegmentInput">;
  exitLayers: readonly number[];
  classes: number;
  split: EncodedSplit;
  settings: Omit<
    TrainSettings,
    "encoder" | "method" | "exitLayers" | "pooling" | "gradientStops" | keyof Machinery
  > &
    Partial<Machinery>;
}

/** How it goes about it; none of this changes a number. */
export interface TrainingOptions {
  /** Without one a training that was killed begins again. */
  checkpoints?: Checkpoints;
  /** The most steps in one run of the compiled loop; by default as many as the measured time allows. */
  stepsPerRun?: number;
  /** Told how far it is, line by line. */
  log?: (line: string) => void;
}

/** What a training leaves. */
export interface TrainedModel {
  /** float32, by Hugging Face's names. */
  weights: Record<string, HostTensor>;
  metrics: StepMetrics[];
}

const wordEmbeddings = "embeddings.word_embeddings.weight";

/**
 * Fine-tunes one model with exits.
 *
 * Same task, same machine: the same numbers to the last bit, whether it ran in one piece or was
 * killed and resumed, and however many steps a run held.
 *
 * @throws RangeError if an exit layer lies past the encoder's depth, a text is longer than the
 *   encoder reads, or a token id or label is outside of what the encoder or the heads know; and if
 *   the loss or its gradient is not finite: it says at which step, and the last good checkpoint stays
 */
export async function trainModel(
  task: TrainingTask,
  options: TrainingOptions = {},
): Promise<TrainedModel> {
  const { encoder, exitLayers, settings, split, objective } = task;
  checkTask(task);
  const depth = exitLayers.at(-1) ?? 0;
  const exits = exitParameters(encoder.config, exitLayers, task.classes, encoder.pooling);
  const shared = encoder.pooling === "shared-pooler" ? sharedPoolerParameters(encoder.config) : [];
  const initial = {
    ...initialWeights(exits, encoder.config, settings.seed),
    ...(await encoder.weights(depth, shared)),
  };
  const table = initial[wordEmbeddings];
  if (table === undefined) throw new RangeError(`training: the encoder has no ${wordEmbeddings}`);
  const occurring = occurringRows(table, split.inputIds.values);
  const parameters = [...encoderParameters(encoder.config, depth), ...exits].map((p) =>
    p.name === wordEmbeddings ? { ...p, shape: occurring.table.shape } : p,
  );
  const sites = dropoutSites(encoder.config, exitLayers, encoder.pooling).filter(
    (s) => s.probability > 0,
  );
  const plan = batchPlan({ ...settings, lengths: rowLengths(split) });
  const saved = await savedState(options, parameters, plan.length);
  const definition = {
    state: stepState(parameters),
    initialState:
      saved?.state ?? initialState(parameters, { ...initial, [wordEmbeddings]: occurring.table }),
    inputs: stepInputs(sites),
    step: trainingStep({
      ...encoder,
      exitLayers,
      parameters,
      objective,
      maxGradientNorm: settings.maxGradientNorm,
      dropoutSites: sites,
    }),
  };
  const loop = await openLoop(definition, settings);
  try {
    const metrics = await runPlan(
      { ...task, plan, sites, loop, index: occurring.index },
      options,
      saved,
    );
    const weights = weightsOf(parameters, await loop.state());
    const decay = plan.reduce((d, _, step) => d * scalarsAt(settings, step, plan.length).keep, 1);
    const trained = weights[wordEmbeddings]?.data as Float32Array;
    weights[wordEmbeddings] = restoreRows(table, occurring.rows, trained, decay);
    return { weights, metrics };
  } finally {
    await loop.dispose();
  }
}

function checkTask({ encoder: { config }, exitLayers, classes, split }: TrainingTask): void {
  checkExitLayers(exitLayers, config.numHiddenLayers);
  const longest = rowLengths(split).reduce((a, b) => Math.max(a, b), 0);
  const most = longestText(config);
  if (longest > most) {
    throw new RangeError(
      `training: the encoder reads up to ${most} tokens, a text has ${longest}; run the stage data with a lower maxLength`,
    );
  }
  const wrong = split.labels.find((label) => label < 0 || label >= classes);
  if (wrong !== undefined) {
    throw new RangeError(
      `training: labels must be from 0 to ${classes - 1}, one for each class, got ${wrong}`,
    );
  }
}

/** The checkpoint to go on from. One that is damaged, or of other work, is as good as none. */
async function savedState(
  { checkpoints, log = () => {} }: TrainingOptions,
  parameters: readonly ParameterSpec[],
  totalSteps: number,
): Promise<TrainingState | undefined> {
  if (checkpoints === undefined) return undefined;
  const saved = await readTrainingState(checkpoints.folder, checkpoints.identity);
  if (saved === undefined || !fitsState(saved, stepState(parameters))) return undefined;
  log(`resumed at step ${saved.step} of ${totalSteps}`);
  return saved;
}

function rowLengths({ inputIds: { offsets } }: EncodedSplit): number[] {
  return Array.from(offsets.subarray(1), (end, i) => end - (offsets[i] ?? 0));
}
