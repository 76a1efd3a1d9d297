import type { Json, SettingProblem, Stage } from "@sweetspot/artifact";
import { compatSettingsOf } from "../file/compat.ts";
import type { PipelineFile, Settings } from "../file/pipeline-file.ts";
import { type Choices, choiceKey, type Run, runsOf } from "./runs.ts";
import type { Axis, Place, StageEntry } from "./stages.ts";
import { parseAt } from "../file/yaml-source.ts";

/** One stage with settings filled in: the unit of caching. */
export interface Cell {
  /** `STAGE.TASK.ENCODER.METHOD.REGIME.SEED`, without the axes that the stage does not vary along. */
  id: string;
  stage: string;
  /** Complete, with the stage's defaults filled in. */
  settings: Json;
  /** Name of each input -> the id of the cell that makes it. */
  inputs: Record<string, string>;
}

/** A stage as the planner uses it, loaded. */
export interface KnownStage extends StageEntry {
  stage: Stage<unknown>;
}

/** A cell's place on the axes that its stage varies along. */
type Combination = Partial<Pick<Run, Axis>>;

/** A cell whose settings are not yet filled in. */
interface PlacedCell {
  id: string;
  stage: string;
  at: Combination;
  /** Whether one of its runs is part of the search, or uses a chosen regime. */
  search: boolean;
  chosen: boolean;
  inputs: Record<string, string>;
}

const axes: readonly Axis[] = ["task", "encoder", "method", "regime", "seed"];

/** The key of the pipeline file behind each setting that the planner fills in. */
const givenBy: Record<string, string> = {
  task: "tasks",
  encoder: "encoders",
  method: "methods",
  regime: "regimes",
  seed: "seeds",
  exitLayers: "exitLayers",
  title: "title",
};

/**
 * Expands a pipeline file into its cells, each after the cells that it reads.
 *
 * A setting comes from the last of these that has it: the stage's default; the settings at the top of the
 * file that stages share; `compat`; the stage's section at the top of the file, in the encoder, in the
 * task, in the method, in the regime.
 *
 * @param known the stages in order, by name
 * @param sources task name -> the data stage's `task` setting
 * @param encoders encoder name -> the stages' `encoder` setting
 * @param choices the chosen regimes; without them, only the search is planned
 * @throws TypeError, with file and line, if a setting breaks its stage's schema; RangeError if the stage's
 *   own check rejects one
 */
export async function planCells(
  file: PipelineFile,
  known: Readonly<Record<string, KnownStage>>,
  sources: Readonly<Record<string, Json>>,
  encoders: Readonly<Record<string, Json>>,
  choices: Choices = new Map(),
): Promise<Cell[]> {
  const check = checkOnce();
  const cells: Cell[] = [];
  const placed = placedCells(file, known, choices);
  const byId = new Map(placed.map((c) => [c.id, c]));
  for (const { id, stage, at, inputs } of placed) {
    const entry = known[stage];
    if (entry === undefined) throw new RangeError(`plan: no stage ${stage}`);
    const place: Place = {
      ...at,
      source: at.task === undefined ? undefined : sources[at.task],
      encoderSource: at.encoder === undefined ? undefined : encoders[at.encoder],
      objective: objectiveOf(file, at.method),
      exitLayers: encoderOf(file, at)?.exitLayers ?? file.exitLayers,
      title: file.title,
      cells: Object.values(inputs).flatMap((input) => {
        const found = byId.get(input);
        if (found === undefined) return [];
        const { task = "", encoder = "", method = "", regime, seed = 0 } = found.at;
        const under = regime === undefined ? {} : { regime, chosen: found.chosen };
        const objective = objectiveOf(file, method) ?? method;
        const also = objective === method ? {} : { objective };
        return [{ input, task, encoder, method, ...also, seed, ...under }];
      }),
    };
    const settings = await settingsOf(file, stage, entry, at, place, check);
    checkWanted(file, entry, at, { settings, inputs });
    cells.push({ id, stage, settings, inputs: usedInputs(entry.stage, settings, inputs) });
  }
  checkTeachers(file, cells, known);
  return cells;
}

/** The inputs without the optional ones that a cell with these settings does not use. */
function usedInputs(
  { mayRead = [], wants }: Stage<unknown>,
  settings: Json,
  inputs: Readonly<Record<string, string>>,
): Record<string, string> {
  const wanted = wants?.(settings) ?? mayRead;
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => !mayRead.includes(name) || wanted.includes(name)),
  );
}

/** @throws TypeError if a cell lacks the teacher that its method needs, or has one that it does not use */
function checkWanted(
  file: PipelineFile,
  { stage, teaches }: KnownStage,
  { method = "" }: Combination,
  { settings, inputs }: Pick<Cell, "settings" | "inputs">,
): void {
  if (teaches === undefined) return;
  const wanted = stage.wants?.(settings).includes("teacher") === true;
  if (wanted === "teacher" in inputs) return;
  const path = ["methods", method, ...(wanted ? [] : ["teacher"])];
  const message = wanted
    ? "needs a teacher: name one, as in { teacher: multi-model }"
    : `${method} does not use a teacher; remove it`;
  throw new TypeError(`${file.source.at(path)}: ${path.join(".")}: ${message}`);
}

/** @throws TypeError if a teacher does not predict the training split */
function checkTeachers(
  file: PipelineFile,
  cells: readonly Cell[],
  known: Readonly<Record<string, KnownStage>>,
): void {
  const byId = new Map(cells.map((c) => [c.id, c]));
  for (const { id, stage, inputs } of cells) {
    const teaches = known[stage]?.teaches;
    const teacher = byId.get(inputs["teacher"] ?? "");
    if (teaches === undefined || teacher === undefined) continue;
    const { training } = teacher.settings as { training?: boolean }; // a stage's settings are a mapping
    if (training !== false) continue;
    throw new TypeError(
      `${file.source.at([teaches])}: ${teaches}.training: must be true because ${id} learns from ${teacher.id}`,
    );
  }
}

/** Every cell with its inputs, each after the cells that it reads. */
function placedCells(
  file: PipelineFile,
  known: Readonly<Record<string, KnownStage>>,
  choices: Choices,
): PlacedCell[] {
  const runs = runsOf(file, choices);
  const cells = Object.entries(known).flatMap(([name, entry]) => cellsOf(file, name, entry, runs));
  // Each cell has a folder of that name; on macOS and Windows, names that differ only in case are the same.
  const ids = new Map<string, string>();
  for (const { id } of cells) {
    const other = ids.get(id.toLowerCase());
    if (other !== undefined) {
      const names =
        other === id
          ? `called ${id}`
          : `called ${other} and ${id}, the same folder on many systems`;
      throw new RangeError(`${file.source.file}: two cells would be ${names}; rename one`);
    }
    ids.set(id.toLowerCase(), id);
  }
  for (const cell of cells) cell.inputs = inputsOf(file, cell, known, cells, choices);
  return inOrder(cells);
}

/** A stage's cells: one for each distinct place of the runs on its axes. */
function cellsOf(
  file: PipelineFile,
  stage: string,
  { per, gathersOf }: StageEntry,
  runs: readonly Run[],
): PlacedCell[] {
  const cells = new Map<string, PlacedCell>();
  for (const run of runs) {
    if (gathersOf !== undefined && !run[gathersOf]) continue;
    const at: Combination = Object.fromEntries(
      axes.flatMap((axis) =>
        per.includes(axis) && run[axis] !== undefined ? [[axis, run[axis]]] : [],
      ),
    );
    const key = JSON.stringify(at);
    const before = cells.get(key);
    cells.set(key, {
      id: cellId(stage, at),
      stage,
      at,
      search: run.search || before?.search === true,
      chosen: run.chosen || before?.chosen === true,
      inputs: {},
    });
  }
  // A search ends with the choices: until they are made, there is nothing to report.
  const undecided = runs.length > 0 && !runs.some((run) => run.chosen);
  return undecided && per.length === 0 ? [] : inFileOrder(file, [...cells.values()]);
}

/** Sorts cells in the file's order, by seed last. */
function inFileOrder(file: PipelineFile, cells: PlacedCell[]): PlacedCell[] {
  const places: Record<Axis, (string | number)[]> = {
    task: Object.keys(file.tasks),
    encoder: Object.keys(file.encoders),
    method: Object.keys(file.methods),
    regime: Object.keys(file.regimes),
    seed: [...new Set([...file.seeds, ...file.searchSeeds])],
  };
  const place = (cell: PlacedCell, axis: Axis) => places[axis].indexOf(cell.at[axis] ?? "");
  return cells.sort((a, b) => {
    const axis = axes.find((one) => a.at[one] !== b.at[one]);
    return axis === undefined ? 0 : place(a, axis) - place(b, axis);
  });
}

function cellId(stage: string, at: Combination): string {
  const parts = axes.flatMap((axis) => (at[axis] === undefined ? [] : [String(at[axis])]));
  return [stage, ...parts.map((part) => part.replace(/^[./]+/, ""))]
    .join(".")
    .replaceAll(/[^A-Za-z0-9.-]/g, "_");
}

function inputsOf(
  file: PipelineFile,
  { stage: name, at }: PlacedCell,
  known: Readonly<Record<string, KnownStage>>,
  cells: readonly PlacedCell[],
  choices: Choices,
): Record<string, string> {
  const entry = known[name];
  if (entry === undefined) throw new RangeError(`plan: no stage ${name}`);
  const { stage, gathers, gathersOf, teaches } = entry;
  if (stage.reads === "any") {
    const gathered = cells.filter(
      (c) =>
        c.stage === gathers &&
        (gathersOf === undefined || c[gathersOf]) &&
        axes.every((a) => at[a] === undefined || c.at[a] === at[a]),
    );
    return Object.fromEntries(gathered.map(({ id }) => [id, id]));
  }
  const reads = [...stage.reads, ...(stage.mayRead ?? []).filter((read) => read in known)];
  const inputs = Object.fromEntries(
    reads.map((read) => {
      const found = cells.find(
        (c) =>
          c.stage === read &&
          axes.every((a) => c.at[a] === undefined || at[a] === undefined || c.at[a] === at[a]),
      );
      if (found === undefined) {
        throw new RangeError(`stage ${name}: reads ${read}, expected a stage that comes before it`);
      }
      return [read, found.id];
    }),
  );
  const teacher = file.methods[at.method ?? ""]?.teacher;
  if (teaches === undefined || teacher === undefined) return inputs;
  const regimeOf = file.methods[teacher]?.regimeOf ?? teacher;
  const regime = choices.get(choiceKey(at.encoder ?? "", regimeOf));
  const teacherPlace = { ...at, method: teacher, ...(regime === undefined ? {} : { regime }) };
  return { ...inputs, teacher: cellId(teaches, teacherPlace) };
}

/** Sorts cells so that each comes after the cells that it reads; otherwise keeps their order. */
function inOrder(cells: readonly PlacedCell[]): PlacedCell[] {
  const byId = new Map(cells.map((c) => [c.id, c]));
  const ordered = new Set<PlacedCell>();
  const add = (cell: PlacedCell): void => {
    if (ordered.has(cell)) return;
    for (const input of Object.values(cell.inputs)) {
      const read = byId.get(input);
      if (read !== undefined) add(read);
    }
    ordered.add(cell);
  };
  for (const cell of cells) add(cell);
  return [...ordered];
}

/** The objective of a method. */
function objectiveOf({ methods }: PipelineFile, method: string | undefined): string | undefined {
  return method === undefined ? undefined : methods[method]?.from;
}

function encoderOf(
  file: PipelineFile,
  at: Combination,
): PipelineFile["encoders"][string] | undefined {
  return at.encoder === undefined ? undefined : file.encoders[at.encoder];
}

type Check = (stage: Stage<unknown>, settings: unknown) => Promise<SettingProblem | undefined>;

/** A stage's own check, run once for equal settings. */
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
    [["regimes", at.regime ?? "", name], file.regimes[at.regime ?? ""]?.sections[name]],
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
    // The message already names the entry.
    const isEntry = path[0] === givenBy[problem.setting] && path.length === 2;
    const label = (isEntry ? path.slice(0, 1) : path).join(".");
    throw new RangeError(`${file.source.at(path)}: ${label}: ${problem.message}`);
  }
  return JSON.parse(JSON.stringify(settled)) as Json;
}
