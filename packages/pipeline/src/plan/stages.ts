import type { Json, Stage } from "@sweetspot/artifact";

/** What a pipeline multiplies out. */
export type Axis = "task" | "encoder" | "method" | "regime" | "seed";

/** What is known where a cell stands in the plan. An axis that the stage does not vary over is `undefined`. */
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
  seed: number;
  /** With regimes: which, and whether it is the one that was chosen for its method. */
  regime?: string;
  chosen?: boolean;
}

/** What the file says once, at its top, for all the stages that have such a setting. */
export type SharedSetting = "device" | "engine" | "controls";

/** How the planner uses one stage. */
export interface StageEntry {
  /** The package whose built code the stage runs. */
  package: string;
  /** Its package, imported. */
  load(): Promise<Stage<unknown>>;
  /** One cell for each combination of these. */
  per: readonly Axis[];
  /** The settings that the file's top sets for each stage that has them, where nothing nearer does. */
  shares?: readonly SharedSetting[];
  /** Whether a cell needs the machine to itself. */
  alone?: true;
  /** For a stage that reads any number of inputs: the stage whose cells they all are. */
  gathers?: string;
  /** Of those cells, only the ones of runs that are searched, or that were chosen. */
  gathersOf?: "search" | "chosen";
  /** Whether a pipeline has the stage only if its file has a section of the stage's name. */
  optional?: true;
  /** The stage whose cell of another method is the input `teacher`, where the method has one. */
  teaches?: string;
  /** The settings that follow from the place; a person sets them by no other way. */
  given(place: Place): Record<string, Json | undefined>;
}

const each: readonly Axis[] = ["task", "encoder", "method", "regime", "seed"];
const nothing = (): Record<string, Json> => ({});

/** Every stage that the planner knows, by name, each after those that it reads. */
export const stages: Readonly<Record<string, StageEntry>> = {
  data: {
    package: "@sweetspot/data",
    load: async () => (await import("@sweetspot/data/stage")).stage,
    per: ["task", "encoder"],
    given: ({ source, encoderSource }) => ({ task: source, encoder: encoderSource }),
  },
  train: {
    package: "@sweetspot/train",
    load: async () => (await import("@sweetspot/train/stage")).stage,
    per: each,
    shares: ["device", "engine"],
    teaches: "predict",
    given: ({ encoderSource, method, exitLayers, seed }) => ({
      encoder: encoderSource,
      method,
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
    per: each,
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
          "stage study: @sweetspot/study is not installed; it is part of the repository, not of npm",
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
