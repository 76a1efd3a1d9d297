import { isDeepStrictEqual } from "node:util";
import { readManifest } from "@sweetspot/artifact";
import { matching } from "../plan/matching.ts";
import type { Cell } from "../plan/plan.ts";
import { loadStage } from "../plan/stages.ts";
import { weightReaders } from "../plan/weights.ts";
import type { RunFolder } from "./run-folder.ts";

/** The ids that any of the filters matches. @throws RangeError if one matches none of `cells` */
export function filtered(cells: readonly Cell[], filters: readonly string[]): string[] {
  const ids = new Set<string>();
  for (const filter of filters) {
    const found = matching(cells, filter);
    if (found.length === 0)
      throw new RangeError(`pipeline: no cell matches --filter=${filter}; --dry lists them`);
    for (const id of found) ids.add(id);
  }
  return cells.map((c) => c.id).filter((id) => ids.has(id));
}

/** The ids of these cells and of all cells that they read, directly or indirectly. */
export function withInputs(cells: readonly Cell[], only: readonly string[]): string[] {
  const needed = new Set(only);
  // Each cell comes after the cells that it reads.
  for (const { id, inputs } of cells.toReversed()) {
    if (needed.has(id)) for (const input of Object.values(inputs)) needed.add(input);
  }
  return cells.map((c) => c.id).filter((id) => needed.has(id));
}

/**
 * The cells that were made earlier from the weights of these: if the weights come out different, they run
 * again, so that what is known of a model is always of the weights on disk.
 */
export async function madeFrom(
  cells: readonly Cell[],
  only: readonly string[],
  { artifact }: RunFolder,
): Promise<string[]> {
  const readers = await weightReaders(cells);
  const remade = new Set(only.filter((id) => readers.has(id)));
  const found: string[] = [];
  for (const { id, stage, settings, inputs } of cells) {
    const reads = Object.values(inputs).some((input) => remade.has(input));
    if (!reads || (await loadStage(stage)).reads === "any") continue;
    const made = await readManifest(artifact(id)).catch(() => undefined);
    if (!isDeepStrictEqual(made?.settings, settings)) continue;
    remade.add(id);
    found.push(id);
  }
  return found;
}
