import { availableParallelism, totalmem } from "node:os";
import { sep } from "node:path";
import type { Lock } from "@sweetspot/artifact";
import { damagedCells, dropResult } from "./damaged-cells.ts";
import { concurrencyFor, type Estimates } from "../plan/estimates.ts";
import type { Cell } from "../plan/plan.ts";
import type { RunFolder } from "./run-folder.ts";
import { stages } from "../plan/stages.ts";
import { type CellOutcome, planTurbo, runTurbo, type TurboCall, type TurboLine } from "./turbo.ts";
import { cellsToRun, dropReadWeights, hasWeights, lackingWeights } from "./weights.ts";
import type { WeightPlan } from "../plan/disk.ts";
import { weightBatches } from "../plan/weights.ts";

/** How turbo and each cell ended. */
export interface Ended {
  exitCode: number;
  outcomes: readonly CellOutcome[];
}

/** What is needed to run cells. */
export interface CellsRun {
  call: TurboCall;
  folder: RunFolder;
  lock: Lock;
  estimates: Estimates;
  /** How many cells run at once; by default as many as cores and memory allow. */
  concurrency: number | undefined;
  stop: AbortSignal;
  onLine: (line: TurboLine) => void;
  show: (line: string) => void;
  weights: WeightPlan;
}

/**
 * Runs cells with turbo; those that need the machine to themselves run after the others. A damaged result
 * from the cache is restored again and, if the cache entry is damaged too, made again. Weights are deleted
 * once they have been read; a cell whose weights are needed and gone runs again, and so does every cell that
 * was made from other weights than those it then makes.
 *
 * @param expected the ids of the requested cells
 * @returns undefined if it was stopped
 */
export async function runCells(
  cells: readonly Cell[],
  expected: readonly string[],
  run: CellsRun,
): Promise<Ended | undefined> {
  const { folder, show, stop, call } = run;
  /** How often a cell's result was damaged. */
  const times = new Map<string, number>();
  /** The cells that ran, by id: a later turn finds them in the cache. */
  const ran = new Map<string, CellOutcome>();
  for (;;) {
    const { exitCode, outcomes: last } = await inBatches(cells, expected, run, ran);
    if (stop.aborted) return undefined;
    const outcomes = last.map((o) => (o.hit ? (ran.get(o.cell) ?? o) : o));
    const lacking = exitCode === 0 ? [] : await lackingWeights(last, run.weights, folder);
    if (lacking.some(({ cell }) => !times.has(cell))) {
      for (const outcome of lacking) {
        show(
          `${outcome.cell}: its cached result is damaged, and the weights that it reads are gone; both are made again`,
        );
        times.set(outcome.cell, 1);
        await dropResult(outcome, folder.artifact, call.cacheDir, true);
      }
      continue;
    }
    const damaged = await damagedCells(last, cells, folder.artifact);
    if (damaged.length === 0) return { exitCode, outcomes };
    for (const cell of damaged) {
      const before = times.get(cell.cell) ?? 0;
      times.set(cell.cell, before + 1);
      const problem = relativeTo(folder.dir, cell.message).replace(/; (delete|run) .*/, "");
      if (before > 1) {
        show(`${problem}, for the third time; check the disk`);
        return { exitCode: 1, outcomes };
      }
      const again = before > 0 || cell.stale;
      show(`${problem}; ${cell.cell} is ${again ? "run" : "restored"} again`);
      await dropResult(cell, folder.artifact, call.cacheDir, again);
      ran.delete(cell.cell);
    }
  }
}

/** A message with its paths relative to `.run/NAME`. */
function relativeTo(dir: string, message: string): string {
  return message.replaceAll(`${dir}${sep}`, "");
}

/** Runs cells in batches, whose weights are deleted before the next batch begins. */
async function inBatches(
  cells: readonly Cell[],
  expected: readonly string[],
  run: CellsRun,
  ran: Map<string, CellOutcome>,
): Promise<Ended> {
  const { call, folder, estimates, weights, stop, show } = run;
  const has = (id: string) => hasWeights(folder.artifact(id));
  const { misses, gone } = await cellsToRun(await planTurbo(call), weights, has);
  for (const outcome of gone) {
    show(`${outcome.cell}: its weights are needed and gone; it runs again`);
    await dropResult(outcome, folder.artifact, call.cacheDir, true);
    ran.delete(outcome.cell);
  }
  const batches = weightBatches(
    cells.filter((c) => misses.has(c.id)),
    weights.readers,
    (id) => estimates.get(id)?.weightBytes ?? 0,
  );
  const atOnce = concurrencyOf(cells, run);
  for (const batch of batches.slice(0, -1)) {
    const part = { ...run, call: { ...call, only: batch } };
    const ended = await twoTurns(cells, batch, part, ran, atOnce);
    if (ended.exitCode !== 0 || stop.aborted) return ended;
    await dropReadWeights(cells, weights, folder);
  }
  const ended = await twoTurns(cells, expected, run, ran, atOnce);
  if (ended.exitCode === 0 && !stop.aborted) await dropReadWeights(cells, weights, folder);
  return ended;
}

/** How many cells run at once: it follows from the whole plan, since results depend on the threads of each. */
function concurrencyOf(cells: readonly Cell[], { estimates, concurrency }: CellsRun): number {
  const beside = notAlone(
    cells,
    cells.map((c) => c.id),
  );
  const machine = { cores: availableParallelism(), memoryBytes: totalmem() };
  const atOnce = cells.filter((c) => beside.has(c.id));
  return concurrency ?? concurrencyFor(atOnce, estimates, machine);
}

/**
 * First runs the cells that can share the machine, several at once; then all cells, with the first ones in
 * the cache.
 */
async function twoTurns(
  cells: readonly Cell[],
  expected: readonly string[],
  run: CellsRun,
  ran: Map<string, CellOutcome>,
  atOnce: number,
): Promise<Ended> {
  const { call, stop } = run;
  const beside = notAlone(cells, expected);
  if (atOnce > 1 && beside.size > 0) {
    const first = await turn({ ...call, only: [...beside], concurrency: atOnce }, run, ran);
    if (first.exitCode !== 0 || stop.aborted) return first;
  }
  return turn(call, run, ran);
}

async function turn(
  call: TurboCall,
  { lock, stop, onLine }: CellsRun,
  ran: Map<string, CellOutcome>,
): Promise<Ended> {
  const turbo = await runTurbo(call, onLine);
  if (turbo.pid !== undefined) await lock.add(turbo.pid);
  const onStop = (): void => turbo.stop();
  stop.addEventListener("abort", onStop);
  if (stop.aborted) onStop();
  const ended = await turbo.done;
  stop.removeEventListener("abort", onStop);
  for (const outcome of ended.outcomes)
    if (!outcome.hit && outcome.exitCode === 0) ran.set(outcome.cell, outcome);
  return ended;
}

/** The cells that neither need the machine to themselves nor read one that does. */
function notAlone(cells: readonly Cell[], ids: readonly string[]): ReadonlySet<string> {
  const alone = new Set<string>();
  for (const { id, stage, inputs } of cells) {
    if (stages[stage]?.alone === true || Object.values(inputs).some((input) => alone.has(input)))
      alone.add(id);
  }
  return new Set(ids.filter((id) => !alone.has(id)));
}
