import type { Estimate } from "@sweetspot/artifact";
import type { Estimates } from "./estimates.ts";
import type { Cell } from "./plan.ts";
import { gigabytes } from "./units.ts";
import { weightBatches, type WeightReaders } from "./weights.ts";

/** Bytes on disk per byte of a result: the result and turbo's compressed copy. */
const withCopy = 1.3;
/** These stages' results are also in `runs/NAME/`. */
const published: readonly string[] = ["report", "study"];
/** A cell's folder, its log and the three files of its cache entry, each a block or more. */
const cellBytes = 48e3;

/** What cells need on disk, in bytes. */
export interface DiskNeed {
  /** The most at any time: results, and the weights that have not been read yet. */
  peak: number;
  /** What stays: results, and the weights that are kept. */
  done: number;
}

/** Who reads which weights, and which of them stay. */
export interface WeightPlan {
  readers: WeightReaders;
  keep: (id: string) => boolean;
}

/** What one cell leaves on disk, weights included. */
export function diskOf({ diskBytes, weightBytes }: Estimate): number {
  return cellBytes + withCopy * diskBytes + weightBytes;
}

/** What a run of these cells needs, each cell after those that it reads. */
export function diskNeed(
  cells: readonly Cell[],
  estimates: Estimates,
  { readers, keep }: WeightPlan,
): DiskNeed {
  const weightsOf = (id: string) => estimates.get(id)?.weightBytes ?? 0;
  const passing = (id: string) => (keep(id) ? 0 : weightsOf(id));
  const sum = (ids: readonly string[], of: (id: string) => number) =>
    ids.reduce((bytes, id) => bytes + of(id), 0);
  const results = cells.reduce((bytes, { id, stage }) => {
    const copies = published.includes(stage) ? withCopy + 1 : withCopy;
    return bytes + cellBytes + copies * (estimates.get(id)?.diskBytes ?? 0);
  }, 0);
  const done = results + sum(cells.map((c) => c.id).filter(keep), weightsOf);
  const batches = weightBatches(cells, readers, weightsOf);
  return { peak: done + Math.max(0, ...batches.map((batch) => sum(batch, passing))), done };
}

/**
 * Checks whether the cells need more disk space than is free.
 *
 * @param freeBytes free space where the results go
 * @returns a line that says so, or undefined if there is enough
 */
export function tooMuch({ peak }: DiskNeed, freeBytes: number): string | undefined {
  if (peak <= freeBytes) return undefined;
  return `needs up to ${gigabytes(peak)} of disk, .run/ has ${gigabytes(freeBytes)} free; free some (npm run clean), or run a part (--filter)`;
}
