import { join } from "node:path";
import { type Artifact, runStage } from "@sweetspot/artifact";
import { stage as exportStage } from "@sweetspot/export/stage";
import { predict } from "../src/stage.ts";
import { trainingCells } from "@sweetspot/train/testing";

/** Cells of the tiny encoder in a folder, each made where its name says: `folder/name`. */
export function cellsIn(folder: string) {
  return {
    folder,
    ...trainingCells(folder),
    export(
      name: string,
      train: Artifact,
      log?: (line: string) => void,
      settings: object = {},
    ): Promise<Artifact> {
      return runStage(exportStage, {
        settings,
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
