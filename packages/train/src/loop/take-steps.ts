import type { EncodedSplit } from "@sweetspot/artifact";
import type { StepLoop } from "@sweetspot/compile/session";
import type { PlannedBatch } from "@sweetspot/data";
import type { DropoutSite } from "@sweetspot/model";
import type { MaskSource } from "../step/dropout-masks.ts";
import { copyMs, stepsPerRun } from "./pace.ts";
import { progressReport } from "./progress.ts";
import { type MoreInputs, runInputs, type StepSettings } from "./run-inputs.ts";
import type { LearningRateSchedule } from "./schedule.ts";
import type { TrainSettings } from "../settings.ts";
import { type StepMetrics, type TrainingState, writeTrainingState } from "./training-state.ts";

/** Where a training writes what a resume needs. */
export interface Checkpoints {
  /** Written whole, or not at all. */
  folder: string;
  /** Changes with everything that the numbers depend on; a checkpoint with another identity is not resumed. */
  identity: string;
  /** By default one minute. */
  everyMs?: number;
}

/** Everything that the steps of a plan need. */
interface Course {
  plan: readonly PlannedBatch[];
  split: EncodedSplit;
  /** A token id -> its row in the trained table. */
  index: Int32Array;
  sites: readonly DropoutSite[];
  masks: MaskSource;
  /** The most steps of a run. */
  mostSteps: number;
  loop: StepLoop;
  settings: StepSettings & Pick<TrainSettings, "learningRate" | "maxGradientNorm">;
  schedule: LearningRateSchedule;
  /** The objective's own inputs. */
  more?: MoreInputs;
  /** `[K]`: how much an example of each class counts; by default 1. */
  classWeights?: Float64Array | undefined;
}

/**
 * Takes the remaining steps of a plan, one run of the loop after another.
 *
 * A checkpoint has the state from before a run and is written after the run, so that the state in it is
 * known to give a finite loss.
 *
 * @param saved where to resume; the loop's state is that of this step
 * @returns the metrics of all steps, the saved ones included
 * @throws RangeError if a loss or the gradient's norm is not finite
 */
export async function takeSteps(
  course: Course,
  {
    checkpoints,
    stepsPerRun: most,
    log = () => {},
  }: { checkpoints?: Checkpoints; stepsPerRun?: number; log?: (line: string) => void },
  saved?: Pick<TrainingState, "step" | "metrics">,
): Promise<StepMetrics[]> {
  const { plan, split, index, sites, masks, loop, settings, schedule } = course;
  const metrics = saved?.metrics ?? [];
  let step = saved?.step ?? 0;
  let savedStep = step;
  let savedAt = performance.now();
  const report = progressReport(plan, step, log);
  const stateBytes = Object.values(await loop.state()).reduce(
    (sum, part) => sum + part.byteLength,
    0,
  );
  let msPerToken: number | undefined;
  while (step < plan.length) {
    const length = plan[step]?.length ?? 0;
    const stepMs = msPerToken === undefined ? undefined : msPerToken * length;
    const batches = sameLength(
      plan,
      step,
      most ?? stepsPerRun(stepMs, stateBytes, course.mostSteps),
    );
    const place = { firstStep: step, schedule, masks, classWeights: course.classWeights };
    const inputs = runInputs(split, index, sites, settings, batches, place, course.more);
    const before = checkpoints === undefined ? undefined : await loop.state();
    const started = performance.now();
    const outputs = await loop.run(inputs, { B: settings.batchSize, T: length });
    const ms = performance.now() - started - copyMs(stateBytes);
    msPerToken = Math.max(ms, 1) / (batches.length * length);
    const fresh = outputs.map((of, i) => stepMetrics(course, step + i, of));
    const wrong = fresh.findIndex((m) => ![...m.losses, m.gradientNorm].every(Number.isFinite));
    const good = wrong !== 0 && step > savedStep;
    const due = wrong > 0 || performance.now() - savedAt >= (checkpoints?.everyMs ?? 60_000);
    if (checkpoints !== undefined && before !== undefined && good && due) {
      const { folder, identity } = checkpoints;
      await writeTrainingState(folder, identity, { step, state: before, metrics });
      savedStep = step;
      savedAt = performance.now();
    }
    const bad = fresh[wrong];
    if (bad !== undefined) throw notFinite(bad, course, savedStep, checkpoints?.folder);
    metrics.push(...fresh);
    step += batches.length;
    report(fresh);
  }
  return metrics;
}

/** The batches from `step` on that can go in one run: those of the same length. */
function sameLength(plan: readonly PlannedBatch[], step: number, most: number): PlannedBatch[] {
  const rest = plan.slice(step, step + most);
  const other = rest.findIndex((b) => b.length !== rest[0]?.length);
  return other < 0 ? rest : rest.slice(0, other);
}

/** A step's metrics, from its outputs. */
function stepMetrics(
  { plan, schedule }: Course,
  step: number,
  {
    losses = [],
    gradientNorm = [],
    cosines,
    alignments,
  }: Readonly<Record<string, ArrayLike<number>>>,
): StepMetrics {
  return {
    step,
    epoch: plan[step]?.epoch ?? 0,
    learningRate: schedule.at(step).rate,
    losses: Array.from(losses),
    gradientNorm: gradientNorm[0] ?? NaN,
    ...(cosines && { cosines: Array.from(cosines) }),
    ...(alignments && { alignments: Array.from(alignments) }),
  };
}

function notFinite(
  { step, losses, gradientNorm }: StepMetrics,
  { plan, settings: { learningRate, weightDecay, maxGradientNorm } }: Course,
  savedStep: number,
  folder: string | undefined,
): RangeError {
  const numbers = `losses ${losses.join(", ")}, gradient norm ${gradientNorm}`;
  // AdamW scales the weights by 1 - learningRate * weightDecay: if the product is 1, nothing is left.
  const decay = learningRate * weightDecay >= 1 ? `, weightDecay (now ${weightDecay})` : "";
  const fix = `lower learningRate (now ${learningRate})${decay} or maxGradientNorm (now ${maxGradientNorm})`;
  const kept = savedStep > 0 ? `; the checkpoint of step ${savedStep} is kept in ${folder}` : "";
  return new RangeError(
    `training: expected finite numbers, got ${numbers} at step ${step + 1} of ${plan.length}; ${fix}${kept}`,
  );
}
