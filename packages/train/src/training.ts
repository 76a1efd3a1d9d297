import type { HostTensor } from "@sweetspot/artifact";
import { type CompiledLoop, compileLoop } from "@sweetspot/compile/session";
import { batchPlan, type EncodedSplit, padBatch, type PlannedBatch } from "@sweetspot/data";
import {
  type DropoutSite,
  dropoutSites,
  exitParameters,
  encoderParameters,
  initialWeights,
  type ParameterSpec,
  type PretrainedEncoder,
} from "@sweetspot/model";
import { adamWScalars } from "./adamw.ts";
import { dropoutMasks } from "./dropout-masks.ts";
import type { Objective } from "./objective.ts";
import { occurringRows, restoreRows } from "./occurring-rows.ts";
import { learningRateAt } from "./schedule.ts";
import type { TrainSettings } from "./stage.ts";
import { readTrainingState, type StepMetrics, writeTrainingState } from "./training-state.ts";
import { stepInputs, stepState, trainingStep } from "./training-step.ts";

/** What `trainModel` trains, and on what. */
export interface TrainingTask {
  encoder: PretrainedEncoder;
  objective: Objective;
  exitLayers: readonly number[];
  classes: number;
  split: EncodedSplit;
  settings: Pick<
    TrainSettings,
    | "seed"
    | "epochs"
    | "batchSize"
    | "learningRate"
    | "warmupRatio"
    | "weightDecay"
    | "maxGradientNorm"
  >;
}

/** How it goes about it; none of this changes a number. */
export interface TrainingOptions {
  /** A folder for checkpoints; without one a run cannot be resumed. */
  checkpoints?: { folder: string; identity: string; everyMs?: number };
  /** The most steps in one run of the compiled loop; by default as many as the measured time allows. */
  stepsPerRun?: number;
  log?: (line: string) => void;
}

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
 * @throws RangeError if the loss is not finite: it says at which step, and the last good state is
 *   kept as a checkpoint where there is a folder for them
 */
export async function trainModel(
  task: TrainingTask,
  options: TrainingOptions = {},
): Promise<TrainedModel> {
  const { encoder, exitLayers, settings, split, objective } = task;
  const { checkpoints, log = () => {} } = options;
  const depth = exitLayers.at(-1) ?? 0;
  const exits = exitParameters(encoder.config, exitLayers, task.classes, encoder.pooling);
  const pretrained = await encoder.weights(depth);
  const initial = { ...pretrained, ...initialWeights(exits, encoder.config, settings.seed) };
  const table = initial[wordEmbeddings];
  if (table === undefined) throw new RangeError(`training: the encoder has no ${wordEmbeddings}`);
  // Padding looks row 0 up; masked, so that its gradient is zero too.
  const occurring = occurringRows(table, Int32Array.of(0, ...split.inputIds.values));
  const parameters = [...encoderParameters(encoder.config, depth), ...exits].map((p) =>
    p.name === wordEmbeddings ? { ...p, shape: occurring.table.shape } : p,
  );
  const sites = dropoutSites(encoder.config, exitLayers).filter((s) => s.probability > 0);
  const plan = batchPlan({
    lengths: rowLengths(split),
    batchSize: settings.batchSize,
    epochs: settings.epochs,
    seed: settings.seed,
  });
  const saved = checkpoints && (await readTrainingState(checkpoints.folder, checkpoints.identity));
  if (saved) log(`resumed at step ${saved.step} of ${plan.length}`);
  const loop = await compileLoop({
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
  });
  try {
    const metrics = await runPlan({
      task,
      options,
      plan,
      sites,
      loop,
      index: occurring.index,
      parameters,
      saved,
    });
    const weights: Record<string, HostTensor> = {};
    const state = loop.state();
    for (const { name, shape } of parameters) {
      weights[name] = { shape, data: Float32Array.from(state[`param/${name}`] ?? []) };
    }
    const decay = plan.reduce(
      (product, _, step) => product * scalarsAt(task, plan.length, step).keep,
      1,
    );
    const trained = weights[wordEmbeddings]?.data as Float32Array;
    weights[wordEmbeddings] = restoreRows(table, occurring.rows, trained, decay);
    return { weights, metrics };
  } finally {
    await loop.dispose();
  }
}

interface Progress {
  task: TrainingTask;
  options: TrainingOptions;
  plan: readonly PlannedBatch[];
  sites: readonly DropoutSite[];
  loop: CompiledLoop;
  index: Int32Array;
  parameters: readonly ParameterSpec[];
  saved: { step: number; metrics: StepMetrics[] } | undefined;
}

async function runPlan({
  task,
  options,
  plan,
  sites,
  loop,
  index,
  saved,
}: Progress): Promise<StepMetrics[]> {
  const { checkpoints, log = () => {}, stepsPerRun } = options;
  const metrics = saved?.metrics ?? [];
  const pace = new Pace();
  let step = saved?.step ?? 0;
  let lastCheckpoint = performance.now();
  const begun = { at: performance.now(), step };
  const save = async (state: ReturnType<CompiledLoop["state"]>) => {
    if (checkpoints)
      await writeTrainingState(checkpoints.folder, checkpoints.identity, { step, state, metrics });
    lastCheckpoint = performance.now();
  };
  while (step < plan.length) {
    const batches = sameLength(plan, step, stepsPerRun ?? pace.steps());
    const before = loop.state();
    const started = performance.now();
    const told = await loop.run(runInputs(task, sites, index, plan.length, step, batches), {
      steps: batches.length,
      B: task.settings.batchSize,
      T: batches[0]?.length ?? 0,
    });
    pace.measured(batches.length, performance.now() - started);
    const fresh = readMetrics(task, plan, step, batches.length, told);
    const bad = fresh.find((m) => ![...m.losses, m.gradientNorm].every(Number.isFinite));
    if (bad !== undefined) {
      await save(before);
      throw new RangeError(
        `training: the loss or its gradient is not a finite number at step ${bad.step + 1} of ${plan.length}; lower learningRate (now ${task.settings.learningRate}) or set maxGradientNorm${checkpoints ? `; the state before it is kept in ${checkpoints.folder}` : ""}`,
      );
    }
    metrics.push(...fresh);
    step += batches.length;
    log(progressLine(step, plan.length, fresh, begun));
    if (
      step < plan.length &&
      performance.now() - lastCheckpoint >= (checkpoints?.everyMs ?? 60_000)
    )
      await save(loop.state());
  }
  return metrics;
}

/** The batches from `step` on that can go in one run: of one length. */
function sameLength(plan: readonly PlannedBatch[], step: number, most: number): PlannedBatch[] {
  const rest = plan.slice(step, step + most);
  const other = rest.findIndex((b) => b.length !== rest[0]?.length);
  return other < 0 ? rest : rest.slice(0, other);
}

function scalarsAt({ settings }: TrainingTask, totalSteps: number, step: number) {
  const rate = learningRateAt(step, totalSteps, settings.learningRate, settings.warmupRatio);
  return adamWScalars(step + 1, rate, settings.weightDecay);
}

/** The inputs of a run: each step's, end to end. */
function runInputs(
  task: TrainingTask,
  sites: readonly DropoutSite[],
  index: Int32Array,
  totalSteps: number,
  firstStep: number,
  batches: readonly PlannedBatch[],
) {
  const steps = batches.map((planned, i) => {
    const batch = padBatch(task.split, planned, task.settings.batchSize);
    const step = firstStep + i;
    const scalars = scalarsAt(task, totalSteps, step);
    const masks = dropoutMasks(
      sites,
      { B: batch.batchSize, T: batch.length },
      task.settings.seed,
      step,
    );
    return {
      inputIds: batch.inputIds.map((id) => index[id] ?? -1),
      tokenTypeIds: batch.tokenTypeIds,
      attentionMask: batch.attentionMask,
      labels: batch.labels,
      weights: batch.weights,
      keep: Float32Array.of(scalars.keep),
      stepSize: Float32Array.of(scalars.stepSize),
      epsilon: Float32Array.of(scalars.epsilon),
      ...Object.fromEntries(Object.entries(masks).map(([site, mask]) => [`dropout/${site}`, mask])),
    } as Record<string, Float32Array | Int32Array | Uint8Array>;
  });
  const names = Object.keys(steps[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, endToEnd(steps.map((s) => s[name]))]));
}

function endToEnd(
  parts: readonly (Float32Array | Int32Array | Uint8Array | undefined)[],
): Float32Array | Int32Array | Uint8Array {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? new Float32Array(0);
  const length = first.length * parts.length;
  const all =
    first instanceof Int32Array
      ? new Int32Array(length)
      : first instanceof Float32Array
        ? new Float32Array(length)
        : new Uint8Array(length);
  parts.forEach((part, i) => part && all.set(part, i * first.length));
  return all;
}

function readMetrics(
  task: TrainingTask,
  plan: readonly PlannedBatch[],
  firstStep: number,
  count: number,
  told: Readonly<Record<string, ArrayLike<number>>>,
): StepMetrics[] {
  const exits = task.exitLayers.length;
  return Array.from({ length: count }, (_, i) => {
    const step = firstStep + i;
    return {
      step,
      epoch: plan[step]?.epoch ?? 0,
      learningRate: learningRateAt(
        step,
        plan.length,
        task.settings.learningRate,
        task.settings.warmupRatio,
      ),
      losses: task.exitLayers.map((_layer, e) => told["losses"]?.[i * exits + e] ?? NaN),
      gradientNorm: told["gradientNorm"]?.[i] ?? NaN,
    };
  });
}

function initialState(
  parameters: readonly ParameterSpec[],
  weights: Readonly<Record<string, HostTensor>>,
) {
  const state: Record<string, Float32Array> = {};
  for (const { name, shape } of parameters) {
    const data = weights[name]?.data;
    if (!(data instanceof Float32Array))
      throw new RangeError(`training: no float32 weights for ${name}`);
    state[`param/${name}`] = data;
    for (const part of ["m", "v"])
      state[`${part}/${name}`] = new Float32Array(shape.reduce((a, b) => a * b, 1));
  }
  return state;
}

function rowLengths({ inputIds: { offsets } }: EncodedSplit): number[] {
  return Array.from(offsets.subarray(1), (end, i) => end - (offsets[i] ?? 0));
}

/** How many steps a run may hold: so many that it takes two seconds or so, and progress is shown. */
class Pace {
  #stepMs: number | undefined;

  steps(): number {
    return this.#stepMs === undefined
      ? 2
      : Math.max(1, Math.min(64, Math.round(4000 / this.#stepMs)));
  }

  measured(steps: number, ms: number): void {
    this.#stepMs = ms / steps;
  }
}

function progressLine(
  step: number,
  total: number,
  fresh: readonly StepMetrics[],
  begun: { at: number; step: number },
): string {
  const rate = (step - begun.step) / ((performance.now() - begun.at) / 1000);
  const left = Math.round((total - step) / rate);
  const mean =
    fresh.reduce((sum, m) => sum + m.losses.reduce((a, b) => a + b, 0) / m.losses.length, 0) /
    fresh.length;
  const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  return `step ${step}/${total}  loss ${mean.toFixed(3)}  ${rate.toFixed(1)} steps/s  ${clock} left`;
}
