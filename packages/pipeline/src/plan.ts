import type { Json, SettingProblem, Stage } from "@sweetspot/artifact";
import { compatSettingsOf } from "./compat.ts";
import type { PipelineFile, Settings } from "./pipeline-file.ts";
import type { Axis, Place, StageEntry } from "./stages.ts";
import { parseAt } from "./yaml-source.ts";

/** One stage with settings filled in: the unit of caching. */
export interface Cell {
  /** `STAGE.TASK.ENCODER.METHOD.SEED`, as far as the stage varies over them. */
  id: string;
  stage: string;
  /** Complete: the stage's defaults are filled in. */
  settings: Json;
  /** Name of each input -> the id of the cell that makes it. */
  inputs: Record<string, string>;
}

/** A stage as the planner uses it, loaded. */
export interface KnownStage extends StageEntry {
  stage: Stage<unknown>;
}

interface Combination {
  task?: string;
  encoder?: string;
  method?: string;
  seed?: number;
}

const axes: readonly Axis[] = ["task", "encoder", "method", "seed"];

/** Where in the pipeline file a person says what the planner fills in. */
const givenBy: Record<string, string> = {
  task: "tasks",
  encoder: "encoders",
  method: "methods",
  seed: "seeds",
  exitLayers: "exitLayers",
  title: "title",
};

/**
 * Multiplies a pipeline file out into its cells, each after those that it reads.
 *
 * A setting is looked for in this order, the last one found wins: the stage's default, what
 * the file's top shares among stages, the file's section of the stage, that of the encoder, of the task, of the method.
 *
 * @param known the stages in order, by name
 * @param sources task name -> the data stage's `task` setting
 * @param encoders encoder name -> the stages' `encoder` setting
 * @throws TypeError, with file and line, if a setting breaks its stage's schema; RangeError if the
 *   stage's own check finds one that cannot be
 */
export async function planCells(
  file: PipelineFile,
  known: Readonly<Record<string, KnownStage>>,
  sources: Readonly<Record<string, Json>>,
  encoders: Readonly<Record<string, Json>>,
): Promise<Cell[]> {
  const check = checkOnce();
  const cells: (Cell & { at: Combination })[] = [];
  for (const [name, entry] of Object.entries(known)) {
    for (const at of combinations(file, entry.per)) {
      const inputs = inputsOf(name, entry, at, cells);
      const id = cellId(name, at);
      const twin = cells.find((c) => c.id === id);
      if (twin !== undefined) {
        throw new RangeError(`${file.source.file}: two cells would be called ${id}; rename one`);
      }
      const place: Place = {
        ...at,
        source: at.task === undefined ? undefined : sources[at.task],
        encoderSource: at.encoder === undefined ? undefined : encoders[at.encoder],
        exitLayers: encoderOf(file, at)?.exitLayers ?? file.exitLayers,
        title: file.title,
        cells: Object.values(inputs).flatMap((input) => {
          const {
            task = "",
            encoder = "",
            method = "",
            seed = 0,
          } = cells.find((c) => c.id === input)?.at ?? {};
          return [{ input, task, encoder, method, seed }];
        }),
      };
      cells.push({
        id,
        stage: name,
        settings: await settingsOf(file, name, entry, at, place, check),
        inputs,
        at,
      });
    }
  }
  return cells.map(({ id, stage, settings, inputs }) => ({ id, stage, settings, inputs }));
}

function combinations(file: PipelineFile, per: readonly Axis[]): Combination[] {
  const values: Record<Axis, (string | number)[]> = {
    task: Object.keys(file.tasks),
    encoder: Object.keys(file.encoders),
    method: Object.keys(file.methods),
    seed: file.seeds,
  };
  return axes
    .filter((axis) => per.includes(axis))
    .reduce<Combination[]>(
      (all, axis) => all.flatMap((c) => values[axis].map((value) => ({ ...c, [axis]: value }))),
      [{}],
    );
}

function cellId(stage: string, at: Combination): string {
  const parts = axes.flatMap((axis) => (at[axis] === undefined ? [] : [String(at[axis])]));
  return [stage, ...parts.map((part) => part.replace(/^[./]+/, ""))]
    .join(".")
    .replaceAll(/[^A-Za-z0-9.-]/g, "_");
}

function inputsOf(
  name: string,
  { stage, gathers }: KnownStage,
  at: Combination,
  cells: readonly (Cell & { at: Combination })[],
): Record<string, string> {
  if (stage.reads === "any") {
    const gathered = cells.filter((c) => c.stage === gathers).map((c) => c.id);
    return Object.fromEntries(gathered.map((id) => [id, id]));
  }
  return Object.fromEntries(
    stage.reads.map((read) => {
      const found = cells.find(
        (c) => c.stage === read && axes.every((a) => c.at[a] === undefined || c.at[a] === at[a]),
      );
      if (found === undefined) {
        throw new RangeError(`stage ${name}: reads ${read}, expected a stage that comes before it`);
      }
      return [read, found.id];
    }),
  );
}

function encoderOf(
  file: PipelineFile,
  at: Combination,
): PipelineFile["encoders"][string] | undefined {
  return at.encoder === undefined ? undefined : file.encoders[at.encoder];
}

type Check = (stage: Stage<unknown>, settings: unknown) => Promise<SettingProblem | undefined>;

/** A stage's own check, of equal settings once. */
function checkOnce(): Check {
  const checked = new Map<string, Promise<SettingProblem | undefined>>();
  return async (stage, settings) => {
    const key = JSON.stringify([stage.name, settings]);
    const known = checked.get(key) ?? stage.check?.(settings) ?? Promise.resolve(undefined);
    checked.set(key, known);
    return known;
  };
}

async function settingsOf(
  file: PipelineFile,
  name: string,
  { stage, given, shares = [] }: KnownStage,
  at: Combination,
  place: Place,
  check: Check,
): Promise<Json> {
  const written: [path: string[], settings: Settings | undefined][] = [
    [
      [],
      Object.fromEntries(
        shares.flatMap((s) => {
          const value = file.shared[s];
          return value === undefined ? [] : [[s, value]];
        }),
      ),
    ],
    [["compat"], compatSettingsOf(file.compat, name)],
    [[name], file.sections[name]],
    [["encoders", at.encoder ?? "", name], encoderOf(file, at)?.sections[name]],
    [["tasks", at.task ?? "", name], file.tasks[at.task ?? ""]?.sections[name]],
    [["methods", at.method ?? "", name], file.methods[at.method ?? ""]?.sections[name]],
  ];
  const filled = given(place);
  const settings: Record<string, unknown> = {};
  const cameFrom: Record<string, string[]> = {};
  for (const [path, some] of written) {
    for (const [key, value] of Object.entries(some ?? {})) {
      if (key in filled) {
        throw new TypeError(
          `${file.source.at([...path, key])}: ${[...path, key].join(".")}: follows from ${givenBy[key] ?? "the plan"}; remove it here`,
        );
      }
      settings[key] = value;
      cameFrom[key] = [...path, key];
    }
  }
  for (const key of Object.keys(filled)) {
    const value = at[key as Axis];
    cameFrom[key] = [givenBy[key] ?? name, ...(value === undefined ? [] : [String(value)])];
    if (key === "exitLayers" && encoderOf(file, at)?.exitLayers !== undefined) {
      cameFrom[key] = ["encoders", at.encoder ?? "", key];
    }
  }
  const settled = parseAt(stage.settings, { ...settings, ...filled }, file.source, name, (path) => {
    const [key, ...rest] = path;
    return key === undefined ? [name] : [...(cameFrom[String(key)] ?? [name]), ...rest];
  });
  const problem = await check(stage, settled);
  if (problem !== undefined) {
    const path = cameFrom[problem.setting] ?? [name, problem.setting];
    // An entry's name is told by the message, with what is wrong with it.
    const isEntry = path[0] === givenBy[problem.setting] && path.length === 2;
    const label = (isEntry ? path.slice(0, 1) : path).join(".");
    throw new RangeError(`${file.source.at(path)}: ${label}: ${problem.message}`);
  }
  return JSON.parse(JSON.stringify(settled)) as Json;
}
