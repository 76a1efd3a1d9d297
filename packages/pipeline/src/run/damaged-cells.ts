import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, openArtifact, sha256OfFile } from "@sweetspot/artifact";
import type { Cell } from "../plan/plan.ts";
import type { CellOutcome } from "./turbo.ts";
import { dropEntry } from "./turbo-cache.ts";

/** A cell whose result came from the cache and is damaged. */
export interface DamagedCell {
  cell: string;
  /** The hash of the cell, under which turbo caches its result. */
  hash: string;
  /** The problem, with the file's name. */
  message: string;
  /** The result is whole, but was made from another result than its input now is. */
  stale: boolean;
}

/**
 * Checks the results that came from the cache: turbo restores a damaged entry silently, does not rewrite a
 * file whose size and time match its entry, and does not look at what its inputs' cells made. One that runs
 * again can make other bytes than before, if its number of threads is another.
 *
 * @param artifact returns the path of a cell's artifact
 */
export async function damagedCells(
  outcomes: readonly CellOutcome[],
  cells: readonly Cell[],
  artifact: (cell: string) => string,
): Promise<DamagedCell[]> {
  const damaged: DamagedCell[] = [];
  const hits = new Map<string, Artifact>();
  const sha256s = new Map<string, string>();
  for (const { cell, hit, hash, exitCode } of outcomes) {
    const dir = artifact(cell);
    if (!hit && exitCode === 0) sha256s.set(cell, await sha256OfFile(join(dir, "manifest.json")));
    if (!hit) continue;
    const opened = await openArtifact(dir).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      damaged.push({ cell, hash, message, stale: false });
    });
    if (opened === undefined) continue;
    hits.set(cell, opened);
    sha256s.set(cell, opened.sha256);
  }
  const inputsOf = new Map(cells.map((c) => [c.id, Object.entries(c.inputs)]));
  for (const { cell, hash } of outcomes) {
    const made = hits.get(cell)?.manifest.inputs;
    if (made === undefined) continue;
    const other = inputsOf.get(cell)?.find(([name, input]) => {
      const sha256 = sha256s.get(input);
      return sha256 !== undefined && sha256 !== made[name];
    });
    if (other === undefined) continue;
    const message = `${cell} was made from another result of ${other[1]} than there is now`;
    damaged.push({ cell, hash, message, stale: true });
  }
  return damaged;
}

/** Deletes a result, so that turbo restores it or, with `cacheToo`, runs the cell again. */
export async function dropResult(
  { cell, hash }: Pick<DamagedCell, "cell" | "hash">,
  artifact: (cell: string) => string,
  cacheDir: string,
  cacheToo: boolean,
): Promise<void> {
  await rm(artifact(cell), { recursive: true, force: true });
  if (!cacheToo) return;
  await dropEntry(cacheDir, hash);
}
