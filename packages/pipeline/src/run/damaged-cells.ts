import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openArtifact } from "@sweetspot/artifact";
import type { CellOutcome } from "./turbo.ts";

/** A cell whose result came from the cache and is damaged. */
export interface DamagedCell {
  cell: string;
  /** The hash of the cell, under which turbo caches its result. */
  hash: string;
  /** The problem, with the file's name. */
  message: string;
}

/**
 * Checks the results that came from the cache: turbo restores a damaged entry silently, and does not
 * rewrite a file whose size and time match its entry.
 *
 * @param artifact returns the path of a cell's artifact
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

/** Deletes a result, so that turbo restores it or, with `cacheToo`, runs the cell again. */
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
