import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  diskError,
  dropWeights,
  openArtifact,
  readManifest,
  sha256OfFile,
} from "@sweetspot/artifact";
import type { Cell } from "../plan/plan.ts";
import type { WeightPlan } from "../plan/disk.ts";
import type { RunFolder } from "./run-folder.ts";
import type { CellOutcome } from "./turbo.ts";

/**
 * The cells that run: those that are not cached and, of the others, those whose weights are needed and gone.
 *
 * @param outcomes what turbo would find in its cache
 * @param has whether a cell's weights are on disk
 * @returns `gone`: the cached cells that run for their weights
 */
export async function cellsToRun<Outcome extends Pick<CellOutcome, "cell" | "hit">>(
  outcomes: readonly Outcome[],
  { readers, keep }: WeightPlan,
  has: (id: string) => Promise<boolean>,
): Promise<{ misses: ReadonlySet<string>; gone: Outcome[] }> {
  const misses = new Set(outcomes.filter((o) => !o.hit).map((o) => o.cell));
  const gone: Outcome[] = [];
  for (let before = -1; before < misses.size;) {
    before = misses.size;
    for (const outcome of outcomes) {
      const { cell } = outcome;
      const ids = readers.get(cell);
      if (ids === undefined || misses.has(cell)) continue;
      if (!(keep(cell) || ids.some((id) => misses.has(id))) || (await has(cell))) continue;
      misses.add(cell);
      gone.push(outcome);
    }
  }
  return { misses, gone };
}

/** Whether all of a cell's weights are on disk, with their bytes. */
export async function hasWeights(artifact: string): Promise<boolean> {
  const opened = await openArtifact(artifact).catch(() => undefined);
  return opened !== undefined && opened.missing.length === 0;
}

/**
 * The cells that failed and whose inputs' weights are gone: turbo took their results for cached and found,
 * when it was their turn, that the entries are damaged.
 */
export async function lackingWeights(
  outcomes: readonly CellOutcome[],
  { readers }: WeightPlan,
  { artifact }: RunFolder,
): Promise<CellOutcome[]> {
  const lacking = new Set<string>();
  for (const [maker, ids] of readers) {
    const failed = outcomes.filter((o) => ids.includes(o.cell) && !o.hit && o.exitCode !== 0);
    if (failed.length === 0 || (await hasWeights(artifact(maker)))) continue;
    for (const { cell } of failed) lacking.add(cell);
  }
  return outcomes.filter((o) => lacking.has(o.cell));
}

/** Marks a cell whose weights were asked for by name: only `npm run clean` deletes them. */
export async function keepWeights(folder: RunFolder, id: string): Promise<void> {
  const mark = markOf(folder, id);
  await writeFile(mark, "").catch((cause: unknown) => {
    throw diskError(`cannot write ${mark}`, cause);
  });
}

/** Whether a cell's weights were asked for by name. */
export function isKept(folder: RunFolder, id: string): boolean {
  return existsSync(markOf(folder, id));
}

/** Lets a cell's weights be deleted again. */
export async function releaseWeights(folder: RunFolder, id: string): Promise<void> {
  await rm(markOf(folder, id), { force: true });
}

function markOf({ artifact }: RunFolder, id: string): string {
  return join(dirname(artifact(id)), "keep");
}

/**
 * Deletes the weights that every cell has read: each of their readers was made, as planned, from exactly
 * these.
 */
export async function dropReadWeights(
  cells: readonly Cell[],
  { readers, keep }: WeightPlan,
  { artifact }: RunFolder,
): Promise<void> {
  const byId = new Map(cells.map((c) => [c.id, c]));
  for (const [maker, ids] of readers) {
    const manifest = join(artifact(maker), "manifest.json");
    if (keep(maker) || !existsSync(manifest)) continue;
    const sha256 = await sha256OfFile(manifest);
    let read = true;
    for (const id of ids) {
      const cell = byId.get(id);
      const made = await readManifest(artifact(id)).catch(() => undefined);
      const names = Object.entries(cell?.inputs ?? {}).filter(([, input]) => input === maker);
      read &&=
        isDeepStrictEqual(made?.settings, cell?.settings) &&
        names.every(([name]) => made?.inputs[name] === sha256);
    }
    if (read) await dropWeights(artifact(maker));
  }
}
