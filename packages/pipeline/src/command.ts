import { existsSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type Lock, recoverFolder, tryLock } from "@sweetspot/artifact";
import { readArguments, usage } from "./arguments.ts";
import { readChoices } from "./file/choices.ts";
import { type CodeDigest, CodeDigester } from "./run/code-digest.ts";
import { dryTable } from "./plan/dry-table.ts";
import { type Estimates, estimateCells, measureRates, tooLarge } from "./plan/estimates.ts";
import { diskNeed, tooMuch, type WeightPlan } from "./plan/disk.ts";
import { matching } from "./plan/matching.ts";
import type { Cell } from "./plan/plan.ts";
import { type Plan, planPipeline } from "./plan/plan-pipeline.ts";
import { publish, publishStudy } from "./run/publish.ts";
import { Progress } from "./run/progress.ts";
import { filtered, madeFrom, withInputs } from "./run/selection.ts";
import { runCells } from "./run/run-cells.ts";
import { boundCache, defaultCacheGb } from "./run/turbo-cache.ts";
import { weightReaders } from "./plan/weights.ts";
import { cellsToRun, hasWeights, isKept, keepWeights } from "./run/weights.ts";
import { removeStaleCells, type RunFolder, runFolder, writeRunFolder } from "./run/run-folder.ts";
import { gigabytes } from "./plan/units.ts";
import { loadStage, stages } from "./plan/stages.ts";
import { type CellOutcome, planTurbo, type TurboCall } from "./run/turbo.ts";

/** Where a command runs and prints. */
export interface Surroundings {
  /** The project's folder, which contains `pipelines/`, `.run/` and `runs/`. */
  root: string;
  /** Prints one line. */
  show: (line: string) => void;
  /** Ends the command early. */
  stop: AbortSignal;
}

/**
 * Plans a pipeline and runs it; with `--dry` prints the plan, with `--help` the usage.
 *
 * @param args the command line: `[NAME | PATH] [--dry] [--filter=CELL] [--concurrency=N] [--cache-gb=N]`, or
 *   `--help` or `-h`
 * @returns whether everything requested is done
 * @throws Error if the arguments or the pipeline's file are invalid, or nothing can be run
 */
export async function command(
  args: readonly string[],
  { root, show, stop }: Surroundings,
): Promise<boolean> {
  const {
    pipeline,
    dry,
    filters,
    help,
    concurrency,
    cacheGb = defaultCacheGb,
  } = readArguments(args);
  if (help) {
    for (const line of usage) show(line);
    return true;
  }
  const first = await planPipeline(pipeline, root);
  const folder = runFolder(root, first.name);
  const lock = await takeLock(join(folder.dir, "running"));
  const { name, results, keep } = first;
  const lasting = { name, results, keep, folder, lock, concurrency, cacheGb };
  const run: Invocation = { root, show, stop, ...lasting };
  try {
    await recoverFolder(join(root, "runs", name), true);
    if (results !== undefined) await recoverFolder(join(results, name), true);
    if (dry) return await dryRun(first, pipeline, filters, run);
    if (!first.undecided) return await runPlan(first.cells, filters, run);
    const part = filters.length === 0 ? "more" : partOf(first, filters);
    if (part === "search") return await runPlan(first.cells, filters, run, part);
    // Every choice needs the same disk space: report a lack of it now, not hours later.
    const all = first.possible.at(-1) ?? first.cells;
    if (!(await roomFor(all, await weightPlan(all, run), run))) return false;
    if (!(await runPlan(first.cells, [], run, "search"))) return false;
    const choices = await readChoices(first.cells, folder.artifact);
    if (choices === undefined) throw new Error("pipeline: the search made no choice; run it again");
    const { cells } = await planPipeline(pipeline, root, choices);
    return await runPlan(cells, filters, run);
  } finally {
    await lock.release();
  }
}

/** @throws Error that names the process, if the pipeline is already running */
async function takeLock(file: string): Promise<Lock> {
  const { lock, holder } = await tryLock(file);
  if (lock !== undefined) return lock;
  const fix = holder.here
    ? `as process ${holder.pid}; wait for it or stop it`
    : `on another machine or in another container, as process ${holder.pid} there; wait for it, or stop it and wait a minute`;
  throw new Error(`${holder.file}: this pipeline is already running, ${fix}`);
}

/**
 * Whether filters match only cells of the search, or more.
 *
 * @throws RangeError if one matches no cell under any choice
 */
function partOf({ cells, possible }: Plan, filters: readonly string[]): "search" | "more" {
  const search = new Set(cells.map((c) => c.id));
  const named = filtered(possible.flat(), filters);
  return named.every((id) => search.has(id)) ? "search" : "more";
}

/** One call of the command. */
interface Invocation extends Surroundings {
  name: string;
  results: string | undefined;
  /** Patterns of the cells whose weights stay. */
  keep: readonly string[];
  folder: RunFolder;
  lock: Lock;
  concurrency: number | undefined;
  /** The bound of turbo's cache. */
  cacheGb: number;
}

/** Prints what would run. Before the search has run, assumes that it chooses the last regime. */
async function dryRun(
  first: Plan,
  pipeline: string,
  filters: readonly string[],
  run: Invocation,
): Promise<boolean> {
  const { root, show, folder } = run;
  let { cells } = first;
  if (first.undecided) {
    await writeCells(cells, run);
    const ids = cells.map((c) => c.id);
    const chosen = (await planTurbo(turboCall(run, ids))).every((o) => o.hit);
    const choices = chosen ? await readChoices(cells, folder.artifact) : undefined;
    if (choices === undefined) {
      show("no regime is chosen yet: assuming the last one for every method");
      cells = first.possible.at(-1) ?? cells;
    } else ({ cells } = await planPipeline(pipeline, root, choices));
  }
  await writeCells(cells, run);
  const { estimates, problem } = await estimateCells(cells, folder.artifact);
  const weights = await weightPlan(cells, run);
  const only = filters.length === 0 ? undefined : withInputs(cells, filtered(cells, filters));
  const outcomes = await outcomesOf(await planTurbo(turboCall(run, only)), weights, run);
  await showPlan(outcomes, { cells, estimates, show, weights });
  if (problem !== undefined) show(`no estimate for ${problem.id}: ${problem.message}`);
  return true;
}

function turboCall({ root, folder }: Invocation, only?: readonly string[]): TurboCall {
  // No pipeline's name begins with a dot.
  return { dir: folder.dir, cacheDir: join(root, ".run", ".turbo-cache"), only };
}

async function writeCells(cells: readonly Cell[], { folder, root }: Invocation): Promise<void> {
  const script = join(import.meta.dirname, "cell.js");
  const weights = new Set<string>();
  for (const name of Object.keys(stages))
    if (cells.some((c) => c.stage === name))
      for (const pattern of (await loadStage(name)).weights ?? []) weights.add(pattern);
  const code = await digests(cells, script);
  await writeRunFolder(folder, root, cells, code, script, [...weights]);
}

/**
 * Runs a plan's cells.
 *
 * @param part `search` for the first part of a plan: keeps the other cells' files, and shows no results
 * @returns whether every requested cell succeeded
 */
async function runPlan(
  cells: readonly Cell[],
  filters: readonly string[],
  run: Invocation,
  part?: "search",
): Promise<boolean> {
  const { root, show, stop, folder } = run;
  const only = filters.length === 0 ? undefined : filtered(cells, filters);
  const expected =
    only === undefined
      ? cells.map((c) => c.id)
      : withInputs(cells, [...only, ...(await madeFrom(cells, only, folder))]);
  // During a search the folder also contains the other part's cells, which must not run yet.
  const call = turboCall(run, part === undefined && only === undefined ? undefined : expected);
  await writeCells(cells, run);
  const { estimates } = await estimateCells(cells, folder.artifact);
  if (tooLarge(cells, estimates, new Set(expected)).length > 0) {
    const misses = (await planTurbo(call)).filter((o) => !o.hit).map((o) => o.cell);
    const lines = tooLarge(cells, estimates, new Set(misses));
    for (const line of shortened(lines)) show(line);
    if (lines.length > 0) return false;
  }
  const wanted = cells.filter((c) => expected.includes(c.id));
  const weights = await weightPlan(cells, run);
  if (!(await roomFor(wanted, weights, run, estimates))) return false;
  // During a search, cells of the other part may be half done.
  if (part === undefined) await removeStaleCells(folder, cells);
  for (const { id } of wanted) await recoverFolder(folder.artifact(id), true);
  for (const id of only ?? []) if (weights.readers.has(id)) await keepWeights(folder, id);
  if (stop.aborted) return false;
  const began = performance.now();
  const progress = new Progress(expected.length, show);
  const ended = await runCells(cells, expected, {
    ...run,
    call,
    estimates,
    weights,
    onLine: (line) => progress.line(line),
  });
  if (ended === undefined) return false;
  const { exitCode, outcomes } = ended;
  if (!succeeded({ exitCode, outcomes, expected, folder, root, progress, show })) return false;
  const seconds = Math.round((performance.now() - began) / 1000);
  const hits = outcomes.filter((o) => o.hit).length;
  await boundTurboCache(outcomes, call, run);
  show(
    `${part === undefined ? "" : "search: "}${outcomes.length} cells: ${outcomes.length - hits} run, ${hits} from the cache, ${seconds} s`,
  );
  if (part === undefined || only !== undefined)
    await showResults({ ...run, outcomes, cells, only });
  return true;
}

/** Deletes the least recently used results in turbo's cache if it has grown past its bound. */
async function boundTurboCache(
  outcomes: readonly CellOutcome[],
  { cacheDir }: TurboCall,
  { cacheGb, show }: Invocation,
): Promise<void> {
  const used = new Set(outcomes.map((o) => o.hash));
  const { freed, bytes } = await boundCache(cacheDir, used, cacheGb * 1e9);
  if (freed > 0) show(`turbo's cache: ${gigabytes(freed)} of results not used lately deleted`);
  if (bytes > cacheGb * 1e9)
    show(
      `turbo's cache: this run alone needs ${gigabytes(bytes)}; a larger --cache-gb keeps others`,
    );
}

/** Who reads which weights, and which of them stay: those that the file names, and those asked for by a filter. */
async function weightPlan(
  cells: readonly Cell[],
  { keep, folder }: Invocation,
): Promise<WeightPlan> {
  const kept = new Set(keep.flatMap((pattern) => matching(cells, pattern)));
  return {
    readers: await weightReaders(cells),
    keep: (id) => kept.has(id) || isKept(folder, id),
  };
}

/** What turbo would find, except that a cached cell whose weights are needed and gone runs. */
async function outcomesOf(
  found: readonly CellOutcome[],
  weights: WeightPlan,
  { folder }: Invocation,
): Promise<CellOutcome[]> {
  const has = (id: string) => hasWeights(folder.artifact(id));
  const { misses } = await cellsToRun(found, weights, has);
  return found.map((o) => ({ ...o, hit: !misses.has(o.cell) }));
}

/** Whether the disk has room for the cells that have not run yet; prints a line if not. */
async function roomFor(
  cells: readonly Cell[],
  weights: WeightPlan,
  { folder, show }: Invocation,
  known?: Estimates,
): Promise<boolean> {
  const estimates = known ?? (await estimateCells(cells, folder.artifact)).estimates;
  const { bavail, bsize } = await statfs(folder.dir);
  const missing = cells.filter(({ id }) => !existsSync(folder.artifact(id)));
  const line = tooMuch(diskNeed(missing, estimates, weights), bavail * bsize);
  if (line !== undefined) show(line);
  return line === undefined;
}

async function digests(
  cells: readonly Cell[],
  script: string,
): Promise<Record<string, CodeDigest>> {
  const digester = new CodeDigester(script);
  const code: Record<string, CodeDigest> = {};
  for (const stage of new Set(cells.map((c) => c.stage))) {
    code[stage] = await digester.digest(stages[stage]?.package ?? "");
  }
  return code;
}

/** The first few of many similar lines. */
function shortened(lines: readonly string[]): string[] {
  const shown = 4;
  if (lines.length <= shown + 1) return [...lines];
  return [...lines.slice(0, shown), `and ${lines.length - shown} more cells like these`];
}

async function showPlan(
  outcomes: readonly CellOutcome[],
  {
    cells,
    estimates,
    show,
    weights,
  }: {
    cells: readonly Cell[];
    estimates: Estimates;
    show: Surroundings["show"];
    weights: WeightPlan;
  },
): Promise<void> {
  const misses = new Set(outcomes.filter((o) => !o.hit).map((o) => o.cell));
  const rate = await measureRates(cells, misses);
  for (const line of shortened(tooLarge(cells, estimates, misses))) show(line);
  for (const line of dryTable(cells, outcomes, estimates, rate, weights)) show(line);
}

interface Ended {
  exitCode: number;
  outcomes: readonly CellOutcome[];
  expected: readonly string[];
  folder: RunFolder;
  root: string;
  progress: Progress;
  show: (line: string) => void;
}

/** Trusts turbo's summary alone: turbo may exit with 0 even if a cell did not finish. */
function succeeded(ended: Ended): boolean {
  const { exitCode, outcomes, expected, folder, root, progress, show } = ended;
  const done = (o: CellOutcome): boolean => o.hit || o.exitCode === 0;
  const missing = expected.filter((id) => !outcomes.some((o) => o.cell === id));
  if (exitCode === 0 && missing.length === 0 && outcomes.every(done)) return true;
  const failed = outcomes.filter((o) => !done(o));
  for (const { cell, exitCode: code } of failed) {
    const here = dirname(folder.artifact(cell));
    const found = [
      ["log", join(here, ".turbo", "turbo-cell.log")],
      ["stack", join(here, "failure.txt")],
    ].flatMap(([what, file = ""]) =>
      existsSync(file) ? [`; its ${what} is in ${relative(root, file)}`] : [],
    );
    const how = code === undefined ? "it did not finish" : `exit ${code}`;
    show(`failed: ${cell} (${how}${found.join("")})`);
  }
  if (failed.length === 0) for (const line of progress.turbo) show(`turbo: ${line}`);
  if (missing.length > 0) show(`not run: ${missing.length} of ${expected.length} cells`);
  return false;
}

interface Results extends Invocation {
  outcomes: readonly CellOutcome[];
  cells: readonly Cell[];
  only: readonly string[] | undefined;
}

/** Publishes the report and the study, if requested; for other cells, prints where their artifacts are. */
async function showResults(results: Results): Promise<void> {
  const { outcomes, cells, folder, root, name, only, show, results: kept } = results;
  const artifactOf = (stage: string) => {
    const cell = cells.find((c) => c.stage === stage && outcomes.some((o) => o.cell === c.id));
    return cell && folder.artifact(cell.id);
  };
  const [report, study] = [artifactOf("report"), artifactOf("study")];
  if (report === undefined) {
    for (const id of only ?? []) show(`${id}: ${relative(root, folder.artifact(id))}`);
    return;
  }
  const target = join(root, "runs", name);
  await publish(report, target, study);
  const table = await readFile(join(study ?? report, "table.txt"), "utf8");
  show("");
  for (const line of table.trimEnd().split("\n")) show(line);
  show("");
  show(`report: ${relative(root, join(target, "report.html"))}`);
  if (study === undefined) return;
  show(`study: ${relative(root, join(target, "study", "study.html"))}`);
  if (kept === undefined) return;
  show(`results: ${relative(root, await publishStudy(study, kept, name))}`);
}
