import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, runStage } from "@sweetspot/artifact";
import { stage as dataStage } from "@sweetspot/data/stage";
import { stage as exportStage } from "@sweetspot/export/stage";
import { predict } from "@sweetspot/infer/stage";
import type { TrainSettings } from "@sweetspot/train";
import { stage as trainStage } from "@sweetspot/train/stage";

/** Cells of the tiny encoder in a folder, each made where its name says: `folder/name`. */
export function cellsIn(folder: string) {
  return {
    folder,
    /** 60 pairs of texts, 20 of each of three labels: 36 to train on, 6, 6 and 12 held out. */
    async pairs(name = "data"): Promise<Artifact> {
      const labels = ["agrees", "differs", "neither"];
      const lines = Array.from({ length: 60 }, (_, i) => {
        const n = Math.floor(i / 3);
        const filler = " and so on".repeat(i % 4);
        return `the number ${n}${filler},is it ${["one", "two"][n % 2]} of ${i},${labels[i % 3]}`;
      });
      const file = join(folder, `${name}.csv`);
      await writeFile(file, ["first,second,relation", ...lines, ""].join("\n"));
      return runStage(dataStage, {
        settings: {
          task: { file, text: "first", textPair: "second", label: "relation" },
          encoder: "tiny",
          maxLength: 24,
          calibrationSize: 6,
          thresholdSize: 6,
          testSize: 12,
        },
        inputs: {},
        output: join(folder, name),
      });
    },
    train(
      name: string,
      settings: Partial<TrainSettings> = {},
      data: string = join(folder, "data"),
    ): Promise<Artifact> {
      return runStage(trainStage, {
        settings: {
          encoder: "tiny",
          method: "sweet",
          exitLayers: [1, 2],
          epochs: 1,
          batchSize: 8,
          ...settings,
        },
        inputs: { data },
        output: join(folder, name),
      });
    },
    export(name: string, train: Artifact, log?: (line: string) => void): Promise<Artifact> {
      return runStage(exportStage, {
        settings: {},
        inputs: { data: join(folder, "data"), train: train.dir },
        output: join(folder, name),
        ...(log === undefined ? {} : { log }),
      });
    },
    predict(name: string, exported: Artifact, settings: object = {}): Promise<Artifact> {
      return runStage(predict, {
        settings,
        inputs: { data: join(folder, "data"), export: exported.dir },
        output: join(folder, name),
      });
    },
  };
}

/** An artefact's files by their hashes. */
export function hashesOf({ manifest }: Artifact): Record<string, string> {
  return Object.fromEntries(Object.entries(manifest.files).map(([name, f]) => [name, f.sha256]));
}
