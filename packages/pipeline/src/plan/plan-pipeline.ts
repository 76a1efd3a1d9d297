import { dirname, relative, resolve } from "node:path";
import { findPipeline } from "../arguments.ts";
import { encoderSources } from "../file/encoder-source.ts";
import { checkPipelineFile, type PipelineFile } from "../file/pipeline-file.ts";
import { type Cell, type KnownStage, planCells } from "./plan.ts";
import { assumedChoices } from "../file/choices.ts";
import type { Choices } from "./runs.ts";
import { matching } from "./matching.ts";
import { stages } from "./stages.ts";
import { taskSources } from "../file/task-source.ts";
import { readYaml } from "../file/yaml-source.ts";

/** A pipeline, expanded into cells. */
export interface Plan {
  /** The pipeline's name: its results go to `runs/NAME`. */
  name: string;
  /** Each cell comes after the cells that it reads. */
  cells: Cell[];
  /** The folder where a study's results are kept. */
  results: string | undefined;
  /** The cells whose weights stay on disk; in an id, `*` stands for any characters. */
  keep: string[];
  /** Whether regimes must be chosen before the rest can be planned; if so, `cells` are the search's. */
  undecided: boolean;
  /**
   * All cells under each regime, as if every method had that one; if nothing is undecided, just `cells`.
   */
  possible: Cell[][];
}

/**
 * Reads a pipeline's file, checks it and expands it into cells. Runs and writes nothing.
 *
 * @param pipeline a folder's name in `pipelines/`, or the path of a folder or of a YAML file
 * @param root the project's folder: paths in cells are relative to it
 * @param choices the chosen regimes, if the file has regimes
 * @throws RangeError if there is no such pipeline; TypeError, with file and line, if it is invalid;
 *   Error if a file that it names cannot be read
 */
export async function planPipeline(
  pipeline: string,
  root: string,
  choices?: Choices,
): Promise<Plan> {
  const { file, name } = findPipeline(pipeline, root);
  const inside = relative(root, file);
  const source = await readYaml(file, inside.startsWith("..") ? file : inside);
  const checked = checkPipelineFile(source, stages, name);
  const known: Record<string, KnownStage> = {};
  for (const [stage, entry] of Object.entries(stages)) {
    if (entry.optional && checked.sections[stage] === undefined) continue;
    known[stage] = { ...entry, stage: await entry.load() };
  }
  const sources = await taskSources(checked, dirname(file), root);
  const encoders = await encoderSources(checked, dirname(file), root);
  const planned = (made?: Choices) => planCells(checked, known, sources, encoders, made);
  const cells = await planned(choices);
  const regimes = Object.keys(checked.regimes);
  const undecided = regimes.length > 0 && choices === undefined;
  // A mistake must be reported before anything runs, whatever is chosen.
  const possible = undecided
    ? await Promise.all(regimes.map((regime) => planned(assumedChoices(cells, regime))))
    : [cells];
  checkResults(checked);
  checkKeep(checked, known, possible.flat());
  return {
    name,
    cells,
    results: checked.results && resolve(dirname(file), checked.results),
    keep: checked.keep,
    undecided,
    possible,
  };
}

/** @throws TypeError if a pattern of cells whose weights stay matches no cell that makes any */
function checkKeep(
  { keep, source }: PipelineFile,
  known: Readonly<Record<string, KnownStage>>,
  cells: readonly Cell[],
): void {
  const makers = cells.filter((c) => known[c.stage]?.stage.weights !== undefined);
  for (const [i, pattern] of keep.entries()) {
    if (matching(makers, pattern).length > 0) continue;
    throw new TypeError(
      `${source.at(["keep", i])}: keep.${i}: expected cells that make weights, such as ${makers.at(-1)?.id}, got ${pattern}`,
    );
  }
}

/** @throws TypeError if the file keeps results but has no study */
function checkResults({ results, sections, source }: PipelineFile): void {
  if (results === undefined || sections["study"] !== undefined) return;
  throw new TypeError(`${source.at(["results"])}: results: belongs to a study; add study: {}`);
}
