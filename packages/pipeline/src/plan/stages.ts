import type { Json, Stage } from "@sweetspot/artifact";

/** What a pipeline varies. */
export type Axis = "task" | "encoder" | "method" | "regime" | "seed";

/** What the planner knows about a cell. An axis that the stage does not vary along is `undefined`. */
export interface Place {
  task?: string | undefined;
  encoder?: string | undefined;
  method?: string | undefined;
  regime?: string | undefined;
  seed?: number | undefined;
  /** The data stage's `task` setting: an embedded task's name, or a file with its columns and sha256. */
  source?: Json | undefined;
  /** The stages' `encoder` setting: an embedded encoder's name, a folder with its sha256, or a pinned repository. */
  encoderSource?: Json | undefined;
  /** The `method` setting of `train`: the objective of the method. */
  objective?: string | undefined;
  exitLayers: number[];
  title: string;
  /** The cells that a gathering stage reads. */
  cells: GatheredCell[];
}

/** A cell that a gathering stage reads. */
interface GatheredCell {
  input: string;
  task: string;
  encoder: string;
  method: string;
  /** The objective of a method that has another name. */
  objective?: string;
  seed: number;
  /** With regimes: the cell's regime, and whether it is the one chosen for its method. */
  regime?: string;
  chosen?: boolean;
}

/** A setting at the top of the file, shared by all stages that have it. */
export type SharedSetting = "device" | "engine" | "controls";

/** How the planner uses one stage. */
export interface StageEntry {
  /** The package whose built code the stage runs. */
  package: string;
  /** Imports the stage from its package. */
  load(): Promise<Stage<unknown>>;
  /** The stage has one cell for each combination of these axes. */
  per: readonly Axis[];
  /** The shared settings that the stage has; its sections of the file override them. */
  shares?: readonly SharedSetting[];
  /** Whether a cell needs the machine to itself. */
  alone?: true;
  /** For a stage that reads any number of inputs: the stage whose cells it reads. */
  gathers?: string;
  /** Reads only the cells of the search, or only those under a chosen regime. */
  gathersOf?: "search" | "chosen";
  /** Whether a pipeline has the stage only if its file has a section named after it. */
  optional?: true;
  /** The stage whose cell, of the teacher method, is the input `teacher` of a method that has one. */
  teaches?: string;
  /** The settings that follow from the place; the file cannot set them directly. */
  given(place: Place): Record<string, Json | undefined>;
}

const each: readonly Axis[] = ["task", "encoder", "method", "regime", "seed"];
const nothing = (): Record<string, Json> => ({});

/** Every stage that the planner knows, by name, each after the stages that it reads. */
export const stages: Readonly<Record<string, StageEntry>> = {
  data: {
    package: "@sweetspot/data",
    load: async () => (await import("@sweetspot/data/stage")).stage,
    per: ["task", "encoder"],
    given: ({ source, encoderSource }) => ({ task: source, encoder: encoderSource }),
  },
  probe: {
    package: "@sweetspot/train",
    load: async () => (await import("@sweetspot/train/stage")).probe,
    per: ["task", "encoder"],
    shares: ["device"],
    given: ({ encoderSource, exitLayers }) => ({ encoder: encoderSource, exitLayers }),
  },
  train: {
    package: "@sweetspot/train",
    load: async () => (await import("@sweetspot/train/stage")).stage,
    per: each,
    shares: ["device", "engine"],
    teaches: "predict",
    given: ({ encoderSource, objective, exitLayers, seed }) => ({
      encoder: encoderSource,
      method: objective,
      exitLayers,
      seed,
    }),
  },
  export: {
    package: "@sweetspot/export",
    load: async () => (await import("@sweetspot/export/stage")).stage,
    per: each,
    given: nothing,
  },
  predict: {
    package: "@sweetspot/infer",
    load: async () => (await import("@sweetspot/infer/stage")).predict,
    per: each,
    shares: ["device"],
    given: nothing,
  },
  time: {
    package: "@sweetspot/infer",
    load: async () => (await import("@sweetspot/infer/stage")).time,
    // Neither seed nor regime changes how long a model takes: the first one is timed.
    per: ["task", "encoder", "method"],
    shares: ["device"],
    alone: true,
    given: nothing,
  },
  eval: {
    package: "@sweetspot/eval",
    load: async () => (await import("@sweetspot/eval/stage")).stage,
    per: each,
    given: nothing,
  },
  choose: {
    package: "@sweetspot/eval",
    load: async () => (await import("@sweetspot/eval/stage")).choose,
    per: ["encoder", "method"],
    gathers: "eval",
    gathersOf: "search",
    given: ({ encoder, method, cells }) => ({
      encoder,
      method,
      cells: cells.map(({ input, task, regime = "", seed }) => ({ input, task, regime, seed })),
    }),
  },
  report: {
    package: "@sweetspot/report",
    load: async () => (await import("@sweetspot/report/stage")).stage,
    per: [],
    gathers: "eval",
    gathersOf: "chosen",
    given: ({ title, cells }) => ({ title, cells: cells.map((cell) => ({ ...cell })) }),
  },
  study: {
    package: "@sweetspot/study",
    load: async () => {
      const { stage } = await import("@sweetspot/study/stage").catch((cause: unknown) => {
        throw new Error(
          "stage study: @sweetspot/study is not installed; it is in the repository, not on npm",
          { cause },
        );
      });
      return stage;
    },
    per: [],
    optional: true,
    gathers: "eval",
    shares: ["controls"],
    given: ({ title, cells }) => ({ title, cells: cells.map((cell) => ({ ...cell })) }),
  },
};

/** Imports a stage by its name. @throws RangeError if there is none */
export async function loadStage(name: string): Promise<Stage<unknown>> {
  const entry = stages[name];
  if (entry === undefined) throw new RangeError(`pipeline: no stage ${name}`);
  return entry.load();
}
