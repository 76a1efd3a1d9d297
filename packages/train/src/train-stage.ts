import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Json, openArtifact, type StageContext, writeArtifact } from "@sweetspot/artifact";
import { readSplit } from "@sweetspot/data";
import { checkExitLayers, pretrainedEncoder, writeCheckpoint } from "@sweetspot/model";
import { objectives } from "./objective.ts";
import type { TrainSettings } from "./stage.ts";
import { metricsLines } from "./training-state.ts";
import { trainModel } from "./training.ts";

/**
 * The stage `train`. Leaves `member-N/` for each model, with `model.safetensors`, `config.json` and
 * `metrics.jsonl`, and `cascade.json`, which says in what order they are asked.
 */
export async function runTrain({
  settings,
  inputs,
  output,
  scratch,
  cellSha256,
  log,
}: StageContext<TrainSettings>): Promise<Record<string, Json>> {
  const { data } = inputs;
  if (data === undefined) throw new RangeError("train: no input data");
  const encoder = await pretrainedEncoder(settings.encoder);
  checkExitLayers(settings.exitLayers, encoder.config.numHiddenLayers);
  const labels = JSON.parse(await readFile(data.path("labels.json"), "utf8")) as string[];
  const split = await readSplit(data, "train");
  const objective = objectives[settings.method];
  const members = objective.members(settings.exitLayers);
  for (const [i, exitLayers] of members.entries()) {
    const folder = `member-${i + 1}`;
    const done = join(scratch, folder);
    const identity = `${cellSha256} ${folder}`;
    const finished = await openArtifact(done).catch(() => undefined);
    if (
      finished === undefined ||
      JSON.stringify(finished.manifest.settings) !== JSON.stringify({ identity })
    ) {
      const trained = await trainModel(
        { encoder, objective, exitLayers, classes: labels.length, split, settings },
        {
          checkpoints: { folder: join(scratch, `${folder}-checkpoint`), identity },
          log: (line) =>
            log(members.length === 1 ? line : `model ${i + 1} of ${members.length}  ${line}`),
        },
      );
      await writeArtifact(
        done,
        { stage: "train-member", settings: { identity }, inputs: {} },
        async (temporary) => {
          const config = { ...encoder.config, numHiddenLayers: exitLayers.at(-1) ?? 0 };
          await writeCheckpoint(temporary, {
            config,
            exitLayers,
            pooling: encoder.pooling,
            labels,
            weights: trained.weights,
          });
          await writeFile(join(temporary, "metrics.jsonl"), metricsLines(trained.metrics));
          return {};
        },
      );
    }
    await mkdir(join(output, folder));
    for (const file of ["model.safetensors", "config.json", "metrics.jsonl"]) {
      await cp(join(done, file), join(output, folder, file));
    }
  }
  const cascade = {
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
