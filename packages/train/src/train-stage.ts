import { copyFile, link, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Artifact,
  type Json,
  type LinearHead,
  openArtifact,
  readProbes,
  type StageContext,
  writeArtifact,
  readSplit,
  type GradientConflict,
  type CascadeFile,
} from "@sweetspot/artifact";
import {
  type Checkpoint,
  checkExitLayers,
  linearPooling,
  type Pooling,
  pretrainedEncoder,
  writeCheckpoint,
} from "@sweetspot/model";
import { checkTokenizer, readLabels } from "./data-input.ts";
import { conflictSummary } from "./step/conflict-summary.ts";
import type { Objective } from "./objectives/objective.ts";
import { exitLayersOfModels, objectives } from "./objectives/objectives.ts";
import type { TrainSettings } from "./settings.ts";
import { hasIdentity, metricsLines, type StepMetrics } from "./loop/training-state.ts";
import { teacherLogits } from "./loop/teacher-logits.ts";
import { trainModel } from "./loop/training.ts";

/**
 * The stage `train`. It writes `member-N/` for each model, with `model.safetensors`, `config.json`,
 * `metrics.jsonl` and, with `gradientConflict`, `gradient-conflict.json` (`GradientConflict`); and
 * `cascade.json`, the order in which the models answer.
 *
 * @param checkpointEveryMs by default a minute; changes no number
 * @throws RangeError as `trainModel` does, and if the data were tokenized for another encoder
 */
export async function runTrain(
  { settings, inputs, output, scratch, cellSha256, log }: StageContext<TrainSettings>,
  { checkpointEveryMs: everyMs }: { checkpointEveryMs?: number } = {},
): Promise<Record<string, Json>> {
  const { data } = inputs;
  if (data === undefined) throw new RangeError("train: no input data");
  const pretrained = await pretrainedEncoder(settings.encoder, log, settings.pooling);
  const { start } = settings.heads;
  const pooling = start === "probe" ? linearPooling(pretrained.pooling) : pretrained.pooling;
  const encoder = { ...pretrained, pooling };
  checkExitLayers(settings.exitLayers, encoder.config.numHiddenLayers);
  const labels = await readLabels(data);
  await checkTokenizer(data, settings.encoder);
  const split = await readSplit(data, "train");
  const objective = objectiveOf(settings, encoder.config.modelType);
  const teacher = await teacherOf(settings, objective, inputs, {
    examples: split.labels.length,
    classes: labels.length,
  });
  const probes = await probesOf(settings, pooling, inputs["probe"], data);
  const members = exitLayersOfModels(objective, settings.exitLayers);
  for (const [i, exitLayers] of members.entries()) {
    const folder = `member-${i + 1}`;
    const done = join(scratch, folder);
    const identity = `${cellSha256} ${folder}`;
    if (!(await isFinished(done, identity))) {
      const checkpoint = join(scratch, `${folder}-checkpoint`);
      const { weights, metrics } = await trainModel(
        {
          encoder,
          objective,
          exitLayers,
          classes: labels.length,
          split,
          teacher,
          start: probes,
          settings,
        },
        {
          checkpoints: {
            folder: checkpoint,
            identity,
            ...(everyMs === undefined ? {} : { everyMs }),
          },
          log: (line) =>
            log(members.length === 1 ? line : `model ${i + 1} of ${members.length}  ${line}`),
        },
      );
      const config = { ...encoder.config, numHiddenLayers: exitLayers.at(-1) ?? 0 };
      const checkpointed = { config, exitLayers, pooling, labels, weights };
      const { isolated } = objective;
      const conflict = conflictSummary(metrics, { exitLayers, isolated });
      await writeMember(done, identity, checkpointed, metrics, conflict);
      await rm(checkpoint, { recursive: true, force: true });
    }
    await mkdir(join(output, folder));
    const files = ["model.safetensors", "config.json", "metrics.jsonl"];
    if (settings.gradientConflict) files.push(conflictFile);
    for (const file of files) await linkOrCopy(join(done, file), join(output, folder, file));
  }
  const cascade: CascadeFile = {
    method: settings.method,
    layers: settings.exitLayers.at(-1) ?? 0,
    members: members.map((exitLayers, i) => ({ folder: `member-${i + 1}`, exitLayers })),
  };
  await writeFile(join(output, "cascade.json"), `${JSON.stringify(cascade, undefined, 2)}\n`);
  return {
    method: settings.method,
    members: members.length,
    trainingExamples: split.labels.length,
  };
}

/** A second name for a file, so that weights are not on disk twice; a copy on file systems without such names. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}

const conflictFile = "gradient-conflict.json";

/** The teacher's logits, for a method that learns from a teacher. */
async function teacherOf(
  { method }: Pick<TrainSettings, "method">,
  objective: Objective,
  { data, teacher }: StageContext<TrainSettings>["inputs"],
  sizes: { examples: number; classes: number },
): Promise<Float32Array | undefined> {
  if (objective.teacher === undefined && teacher === undefined) return undefined;
  if (objective.teacher === undefined)
    throw new RangeError(`train: the method ${method} learns from no teacher; leave it out`);
  if (data === undefined || teacher === undefined)
    throw new RangeError(
      `train: the method ${method} learns from a teacher: the input teacher is needed, predictions on the training split (in a pipeline file: teacher: multi-model, with predict: { training: true })`,
    );
  return teacherLogits(teacher, data, sizes);
}

/** The linear classifiers that the heads start from, if they do. */
async function probesOf(
  { heads, exitLayers }: Pick<TrainSettings, "heads" | "exitLayers">,
  pooling: Pooling,
  probe: Artifact | undefined,
  data: Artifact,
): Promise<Record<number, LinearHead> | undefined> {
  if (heads.start === "random") {
    if (probe === undefined) return undefined;
    throw new RangeError(
      "train: heads: start is random, but the input probe is there; leave it out, or set heads: { start: probe }",
    );
  }
  if (probe === undefined)
    throw new RangeError(
      "train: heads: start is probe, so the input probe is needed: an artifact of the stage probe on the same data",
    );
  if (probe.manifest.inputs["data"] !== data.sha256)
    throw new RangeError(
      `train: ${probe.dir} was not fitted on ${data.dir}; run the stage probe on these data`,
    );
  return readProbes(probe, exitLayers, linearPooling(pooling));
}

/** A method's objective, or the reference implementation's if `gradientStops` says so. */
function objectiveOf(
  { method, gradientStops }: Pick<TrainSettings, "method" | "gradientStops">,
  modelType: string,
): Objective {
  const objective = objectives[method];
  if (gradientStops === "method" || method === "multi-model") return objective;
  return modelType.startsWith("deberta") ? objectives["early-exit"] : objectives.sweet;
}

/** Whether a member was trained before a crash. A damaged one, or one of another cell, does not count. */
async function isFinished(folder: string, identity: string): Promise<boolean> {
  const member = await openArtifact(folder).catch(() => undefined);
  return member !== undefined && hasIdentity(member, identity);
}

async function writeMember(
  folder: string,
  identity: string,
  checkpoint: Checkpoint,
  metrics: readonly StepMetrics[],
  conflict: GradientConflict | undefined,
): Promise<void> {
  const about = { stage: "train-member", settings: { identity }, inputs: {} };
  await writeArtifact(folder, about, async (temporary) => {
    await writeCheckpoint(temporary, checkpoint);
    await writeFile(join(temporary, "metrics.jsonl"), metricsLines(metrics));
    if (conflict !== undefined)
      await writeFile(join(temporary, conflictFile), `${JSON.stringify(conflict)}\n`);
    return {};
  });
}
