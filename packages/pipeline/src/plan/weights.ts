import type { Cell } from "./plan.ts";
import { loadStage } from "./stages.ts";

/** The bytes of weights that a run makes before it deletes those that have been read. */
const weightLimit = 3e9;

/** The cells that read each cell's weights, by the id of the cell that makes them. */
export type WeightReaders = ReadonlyMap<string, readonly string[]>;

/** Who makes weights and who reads them. */
export async function weightReaders(cells: readonly Cell[]): Promise<WeightReaders> {
  const readers = new Map<string, string[]>();
  for (const { id, stage: name, inputs } of cells) {
    const { weights, readsWeightsOf = [] } = await loadStage(name);
    if (weights !== undefined) readers.set(id, []);
    for (const input of readsWeightsOf) readers.get(inputs[input] ?? "")?.push(id);
  }
  return readers;
}

/**
 * Splits cells into batches of at most 3 GB of weights, which are deleted before the next batch begins. Cells
 * that are connected by weights stay together.
 *
 * @param cells each after the cells that it reads
 * @param bytesOf the size of a cell's weights
 * @returns the ids of cells that make or read weights; a batch of one group may pass the limit
 */
export function weightBatches(
  cells: readonly Cell[],
  readers: WeightReaders,
  bytesOf: (id: string) => number,
  limit: number = weightLimit,
): string[][] {
  const groupOf = new Map<string, string>();
  for (const id of readers.keys()) groupOf.set(id, groupOf.get(id) ?? id);
  for (const [maker, ids] of readers)
    for (const id of ids) groupOf.set(id, groupOf.get(maker) ?? maker);
  const groups = new Map<string, string[]>();
  for (const { id } of cells) {
    const group = groupOf.get(id);
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), id]);
  }
  const batches: string[][] = [];
  let room = 0;
  for (const ids of groups.values()) {
    const bytes = ids.reduce((sum, id) => sum + bytesOf(id), 0);
    const last = batches.at(-1);
    if (last !== undefined && bytes <= room) last.push(...ids);
    else batches.push([...ids]);
    room = (last !== undefined && bytes <= room ? room : limit) - bytes;
  }
  return batches;
}
