import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, runStage } from "@sweetspot/artifact";
import { stage as dataStage } from "@sweetspot/data/stage";
import type { TrainSettings } from "../settings.ts";
import { probe as probeStage, stage as trainStage } from "../stage.ts";

/** Makes cells of the tiny encoder in a folder, each in `folder/name`. */
export interface TrainingCells {
  /** 60 pairs of texts, 20 for each of three labels: 36 for training; 6, 6 and 12 held out. */
  pairs(name?: string): Promise<Artifact>;
  /** Linear classifiers on layers 1 and 2, fitted on `pairs`. */
  probe(name?: string, data?: string): Promise<Artifact>;
  /** By default SWEET with exits after layers 1 and 2, one epoch on `pairs`. */
  train(
    name: string,
    settings?: Partial<TrainSettings>,
    data?: string,
    inputs?: Readonly<Record<string, string>>,
  ): Promise<Artifact>;
}

/** Data and training cells of the tiny encoder in a folder. */
export function trainingCells(folder: string): TrainingCells {
  return {
    async pairs(name = "data") {
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
    probe(name = "probe", data = join(folder, "data")) {
      return runStage(probeStage, {
        settings: { encoder: "tiny", exitLayers: [1, 2] },
        inputs: { data },
        output: join(folder, name),
      });
    },
    train(name, settings = {}, data = join(folder, "data"), inputs = {}) {
      return runStage(trainStage, {
        settings: {
          encoder: "tiny",
          method: "sweet",
          exitLayers: [1, 2],
          epochs: 1,
          batchSize: 8,
          ...settings,
        },
        inputs: { data, ...inputs },
        output: join(folder, name),
      });
    },
  };
}

/** An artifact's files by their hashes. */
export function hashesOf({ manifest }: Artifact): Record<string, string> {
  return Object.fromEntries(Object.entries(manifest.files).map(([name, f]) => [name, f.sha256]));
}
