import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openArtifact } from "@sweetspot/artifact";
import type { CellOutcome } from "./turbo.ts";

/** A cell whose result came from the cache and is not whole. */
export interface DamagedCell {
  cell: string;
  /** By which turbo knows its result. */
  hash: string;
  /** What is wrong, the file named. */
  message: string;
}

/**
 * Reads the results that came from the cache: turbo restores a damaged entry without a word, and leaves
 * a file alone that has the size and time of its entry.
 *
 * @param artifact where a cell's result lies
 */
export async function damagedCells(
  outcomes: readonly CellOutcome[],
  artifact: (cell: string) => string,
): Promise<DamagedCell[]> {
  const damaged: DamagedCell[] = [];
  for (const { cell, hit, hash } of outcomes) {
    if (!hit) continue;
    await openArtifact(artifact(cell)).catch((error: unknown) => {
      damaged.push({ cell, hash, message: error instanceof Error ? error.message : String(error) });
    });
  }
  return damaged;
}

/** Takes a result away, so that turbo restores it or, `cacheToo`, runs the cell again. */
export async function dropResult(
  { cell, hash }: DamagedCell,
  artifact: (cell: string) => string,
  cacheDir: string,
  cacheToo: boolean,
): Promise<void> {
  await rm(artifact(cell), { recursive: true, force: true });
  if (!cacheToo) return;
  for (const file of [`${hash}.tar.zst`, `${hash}-meta.json`, `${hash}-manifest.json`])
    await rm(join(cacheDir, file), { force: true });
}
