import { totalmem } from "node:os";
import { type Estimate, type PlannedInput, readManifest, zeroEstimate } from "@sweetspot/artifact";
import type { Cell } from "./plan.ts";
import { gigabytes } from "./units.ts";
import { loadStage } from "./stages.ts";

/** What each cell of a plan needs, by its id. */
export type Estimates = ReadonlyMap<string, Estimate>;

/** Why a cell has no estimate; the cell reports the same problem itself when it runs. */
export interface EstimateProblem {
  id: string;
  message: string;
}

/**
 * Asks each cell's stage what the cell will need. A cell whose stage fails to estimate counts as zero, and
 * the first such failure is returned as the problem.
 *
 * @param artifact returns the path of a cell's artifact
 */
export async function estimateCells(
  cells: readonly Cell[],
  artifact: (cell: string) => string,
): Promise<{ estimates: Estimates; problem: EstimateProblem | undefined }> {
  const estimates = new Map<string, Estimate>();
  const byId = new Map(cells.map((c) => [c.id, c]));
  let problem: EstimateProblem | undefined;
  for (const { id, stage: name, settings, inputs } of cells) {
    const stage = await loadStage(name);
    if (stage.estimate === undefined) {
      estimates.set(id, zeroEstimate);
      continue;
    }
    const read = Object.entries(inputs).map(([input, from]): [string, PlannedInput] => [
      input,
      { settings: byId.get(from)?.settings, estimate: estimates.get(from) ?? zeroEstimate },
    ]);
    const made = await readManifest(artifact(id)).catch(() => undefined);
    const same = JSON.stringify(made?.settings) === JSON.stringify(settings);
    const facts = same ? made?.facts : undefined;
    const context = { settings, inputs: Object.fromEntries(read), ...(facts && { facts }) };
    const estimate = await stage.estimate(context).catch((error: unknown) => {
      // The first failure gives the reason; the cells that read this one only lack its estimate.
      if (problem === undefined) problem = { id, message: (error as Error).message };
      return zeroEstimate;
    });
    estimates.set(id, estimate);
  }
  return { estimates, problem };
}

/**
 * Measures this machine's operations per second for each device and engine of the cells that train, in a
 * few seconds each.
 *
 * @param ids the cells that are to run
 */
export async function measureRates(
  cells: readonly Cell[],
  ids: ReadonlySet<string>,
): Promise<(cell: Cell) => number | undefined> {
  const rates = new Map<string, number>();
  for (const cell of cells) {
    const { measureRate } = await loadStage(cell.stage);
    const key = deviceOf(cell);
    if (measureRate === undefined || !ids.has(cell.id) || rates.has(key)) continue;
    rates.set(key, await measureRate(cell.settings));
  }
  return (cell) => rates.get(deviceOf(cell)) ?? [...rates.values()][0];
}

/** The device and engine in a cell's settings. */
function deviceOf({ settings }: Cell): string {
  const { device = "cpu", engine = "compiled" } = settings as Record<string, unknown>; // a stage's settings are a mapping
  return `${String(device)} ${String(engine)}`;
}

/**
 * Lists the cells that need more memory than there is.
 *
 * @param ids the cells that are to run
 * @param memoryBytes the machine's memory; cells on devices other than the CPU are left out
 * @returns a line for each such cell
 */
export function tooLarge(
  cells: readonly Cell[],
  estimates: Estimates,
  ids: ReadonlySet<string>,
  memoryBytes: number = totalmem(),
): string[] {
  return cells.flatMap((cell) => {
    const bytes = estimates.get(cell.id)?.memoryBytes ?? 0;
    if (!ids.has(cell.id) || bytes <= memoryBytes || !deviceOf(cell).startsWith("cpu ")) return [];
    return [
      `${cell.id}: needs about ${gigabytes(bytes)} of memory, this machine has ${gigabytes(memoryBytes)}; lower batchSize or data's maxLength, or leave it out (--filter)`,
    ];
  });
}

/**
 * How many cells may run at once, as far as memory allows. A long run in ONNX Runtime on the CPU gets one
 * cell per core, each with one thread: that completes the most steps (bench/README.md, cells at once). A
 * run of a few cells, the last of which would leave cores idle, and a run on another device or engine get
 * one cell per four cores.
 *
 * @param cells the cells that may run at the same time
 */
export function concurrencyFor(
  cells: readonly Cell[],
  estimates: Estimates,
  { cores, memoryBytes }: { cores: number; memoryBytes: number },
): number {
  const ofStage = new Map<string, number>();
  for (const { stage } of cells) ofStage.set(stage, (ofStage.get(stage) ?? 0) + 1);
  const turns = Math.floor(Math.max(0, ...ofStage.values()) / 2);
  const shareThreads = cells.every((cell) => deviceOf(cell) === "cpu compiled");
  const most = Math.max(Math.floor(cores / 4), shareThreads ? Math.min(cores, turns) : 0);
  const largest = Math.max(1e9, ...cells.map(({ id }) => estimates.get(id)?.memoryBytes ?? 0));
  return Math.max(1, Math.min(most, Math.floor((0.8 * memoryBytes) / largest)));
}
