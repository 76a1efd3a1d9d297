import type { EncodedSplit, HostTensor, LinearHead } from "@sweetspot/artifact";
import type { TensorSpecs } from "@sweetspot/compile";
import { batchPlan } from "@sweetspot/data";
import {
  checkExitLayers,
  dropoutSites,
  encoderParameters,
  exitParameters,
  headOf,
  initialWeights,
  type PretrainedEncoder,
  sharedPoolerParameters,
} from "@sweetspot/model";
import { adamWScalars } from "../step/adamw.ts";
import { arrangement } from "./arrangement.ts";
import { headsAtRate } from "../objectives/heads-at-rate.ts";
import { balancedWeights } from "./class-weights.ts";
import { courseInput, courseValues } from "../step/course.ts";
import { checkSplit, rowLengths } from "../data-input.ts";
import { type Machinery, openLoop } from "./open-loop.ts";
import { occurringRows, restoreRows } from "../step/occurring-rows.ts";
import type { MoreInputs } from "./run-inputs.ts";
import { type Checkpoints, takeSteps } from "./take-steps.ts";
import { type LearningRateSchedule, learningRateSchedule } from "./schedule.ts";
import type { TrainSettings } from "../settings.ts";
import {
  fitsState,
  readTrainingState,
  type StepMetrics,
  type TrainingState,
} from "./training-state.ts";
import { initialState, stepState, weightsOf } from "../step/state-layout.ts";
import {
  objectiveInputs,
  stepInputs,
  type StepObjective,
  teacherInput,
  trainingStep,
} from "../step/training-step.ts";

/** The model that `trainModel` trains, and its data. */
export interface TrainingTask {
  encoder: PretrainedEncoder;
  objective: StepObjective;
  exitLayers: readonly number[];
  classes: number;
  split: EncodedSplit;
  /** The teacher's logits for each row of the split, `[N, K]`, if the objective has a teacher. */
  teacher?: Float32Array | undefined;
  /** The linear classifiers that the heads start from, by exit layer; by default random weights. */
  start?: Readonly<Record<number, LinearHead>> | undefined;
  settings: Omit<TrainSettings, "encoder" | "method" | "exitLayers" | "pooling" | keyof Optional> &
    Partial<Optional>;
}

type Optional = Machinery &
  Pick<TrainSettings, "heads" | "classWeights" | "gradientStops" | "gradientConflict">;

/** How to train; none of this changes a number. */
export interface TrainingOptions {
  /** Without checkpoints a training that was killed starts over. */
  checkpoints?: Checkpoints;
  /** The most steps in one run of the compiled loop; by default as many as the measured time allows. */
  stepsPerRun?: number;
  /** Called with each line of progress. */
  log?: (line: string) => void;
}

/** The result of a training. */
export interface TrainedModel {
  /** float32, under Hugging Face's names. */
  weights: Record<string, HostTensor>;
  metrics: StepMetrics[];
}

const wordEmbeddings = "embeddings.word_embeddings.weight";

/**
 * Fine-tunes one model with exits.
 *
 * The same task, machine and number of threads give the same numbers to the last bit, whether it ran in
 * one piece or was killed and resumed, and however many steps a run has. The threads are those of
 * `openSession`: SWEETSPOT_THREADS, or else one per core.
 *
 * @throws RangeError if an exit layer is past the encoder's depth, a text is longer than the encoder
 *   reads, or a token id or label is unknown to the encoder or the heads; and if the loss or its
 *   gradient is not finite: it names the step, and the last good checkpoint is kept
 */
export async function trainModel(
  task: TrainingTask,
  options: TrainingOptions = {},
): Promise<TrainedModel> {
  const { encoder, exitLayers, settings, split } = task;
  checkTask(task);
  const objective = headsAtRate(task.objective, settings.heads?.learningRate ?? 1);
  const depth = exitLayers.at(-1) ?? 0;
  const exits = exitParameters(encoder.config, exitLayers, task.classes, encoder.pooling);
  const shared = encoder.pooling === "shared-pooler" ? sharedPoolerParameters(encoder.config) : [];
  // Read first: this checks the sizes in config.json against the weights.
  const pretrained = await encoder.weights(depth, shared);
  const initial = {
    ...initialWeights(exits, encoder.config, settings.seed),
    ...pretrained,
    ...startWeights(task),
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
  const { masks, mostLengths, mostSteps } = arrangement(settings);
  const plan = batchPlan({ ...settings, lengths: rowLengths(split.inputIds), mostLengths });
  if (objective.restartsAt !== undefined && plan.length < 2)
    throw new RangeError(
      `training: an objective of two stages needs two steps or more, got ${plan.length}; lower batchSize or raise epochs`,
    );
  const schedule = learningRateSchedule(settings, plan.length, objective.restartsAt);
  const state = stepState(parameters);
  const saved = await savedState(options, state, plan.length);
  const before = { ...initial, [wordEmbeddings]: occurring.table };
  const definition = {
    state,
    initialState: saved?.state ?? initialState(parameters, before),
    inputs: stepInputs(sites, objectiveInputs(objective, exitLayers, task.classes), masks),
    step: trainingStep({
      ...encoder,
      exitLayers,
      parameters,
      objective,
      maxGradientNorm: settings.maxGradientNorm,
      dropoutSites: sites,
      gradientConflict: settings.gradientConflict,
    }),
  };
  const loop = await openLoop(definition, settings);
  try {
    const metrics = await takeSteps(
      {
        split,
        settings,
        plan,
        sites,
        masks,
        mostSteps,
        loop,
        index: occurring.index,
        schedule,
        more: moreInputs({ ...task, objective }, plan.length),
        classWeights:
          settings.classWeights === "balanced"
            ? balancedWeights(split.labels, task.classes)
            : undefined,
      },
      options,
      saved,
    );
    const weights = weightsOf(parameters, await loop.state());
    const decay = plan.reduce(
      (d, _, step) => d * embeddingsKeep(task, schedule, step, plan.length),
      1,
    );
    const trained = weights[wordEmbeddings]?.data as Float32Array;
    weights[wordEmbeddings] = restoreRows(table, occurring.rows, trained, decay);
    return { weights, metrics };
  } finally {
    await loop.dispose();
  }
}

/** The heads' first weights, where they start from linear classifiers. */
function startWeights({ start, exitLayers, encoder }: TrainingTask): Record<string, HostTensor> {
  if (start === undefined) return {};
  if (headOf(encoder.pooling) !== "linear")
    throw new RangeError(
      `training: only linear heads start from linear classifiers, the pooling ${encoder.pooling} has a pooler`,
    );
  return Object.fromEntries(
    exitLayers.flatMap((layer) => {
      const head = start[layer];
      if (head === undefined)
        throw new RangeError(`training: no linear classifier for the exit after layer ${layer}`);
      return [
        [`exits.${layer}.classifier.weight`, head.weight],
        [`exits.${layer}.classifier.bias`, head.bias],
      ];
    }),
  );
}

/** The objective's own inputs at each step. */
export function moreInputs(
  {
    objective,
    exitLayers,
    classes,
    settings,
    teacher,
  }: Pick<TrainingTask, "objective" | "exitLayers" | "classes" | "settings" | "teacher">,
  totalSteps: number,
): MoreInputs {
  return ({ indices }, step) => ({
    ...courseValues(objective, { step, totalSteps, exitLayers }),
    ...(teacher !== undefined && {
      [teacherInput]: rowsOf(teacher, classes, indices, settings.batchSize),
    }),
  });
}

/** The rows of `[N, K]` at the indices, then rows of 0, `[rows, K]`. */
function rowsOf(
  all: Float32Array,
  classes: number,
  indices: Int32Array,
  rows: number,
): Float32Array {
  const some = new Float32Array(rows * classes);
  indices.forEach((row, i) =>
    some.set(all.subarray(row * classes, (row + 1) * classes), i * classes),
  );
  return some;
}

/** The factor that a step's weight decay multiplies an embedding by that it does not look up. */
function embeddingsKeep(
  { objective, exitLayers, settings }: TrainingTask,
  schedule: LearningRateSchedule,
  step: number,
  totalSteps: number,
): number {
  const { keep } = adamWScalars(schedule.at(step), settings.weightDecay);
  const place = { step, totalSteps, exitLayers };
  const rates = courseValues(objective, place)[courseInput.rates];
  return 1 - (rates?.[0] ?? 1) * (1 - keep);
}

function checkTask(task: TrainingTask): void {
  const { encoder, exitLayers, classes, split, objective, teacher } = task;
  const { config } = encoder;
  if (objective.teacher === undefined && teacher !== undefined)
    throw new RangeError("training: the objective learns from no teacher, got logits of one");
  const logits = split.labels.length * classes;
  if (objective.teacher !== undefined && teacher?.length !== logits) {
    throw new RangeError(
      `training: the objective needs a teacher's logits, [${split.labels.length}, ${classes}], got ${teacher === undefined ? "none" : `${teacher.length} numbers`}`,
    );
  }
  checkExitLayers(exitLayers, config.numHiddenLayers);
  checkSplit(split, config, classes, "training");
}

/** The checkpoint to resume, if there is one. A damaged one, or one of another training, is ignored. */
async function savedState(
  { checkpoints, log = () => {} }: TrainingOptions,
  state: TensorSpecs,
  totalSteps: number,
): Promise<TrainingState | undefined> {
  if (checkpoints === undefined) return undefined;
  const saved = await readTrainingState(checkpoints.folder, checkpoints.identity);
  if (saved === undefined || !fitsState(saved, state)) return undefined;
  log(`resumed at step ${saved.step} of ${totalSteps}`);
  return saved;
}
