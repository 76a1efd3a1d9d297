import { existsSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { dropWeights, readManifest, tryLock } from "@sweetspot/artifact";
import { z } from "zod";
import { loadStage } from "../plan/stages.ts";
import { type RunFolder, runFolder } from "../run/run-folder.ts";
import { cacheEntries, dropEntry } from "../run/turbo-cache.ts";
import { planTurbo } from "../run/turbo.ts";
import { releaseWeights } from "../run/weights.ts";

/** Something in `.run/` that can go: what it holds is made again when it is needed. */
export interface Leftover {
  /** A pipeline's name, or `turbo's cache`. */
  of: string;
  what: string;
  bytes: number;
  /** When it was last used, in milliseconds since 1970. */
  usedMs: number;
  /** What it took to make, in seconds; undefined if that is not known. */
  seconds: number | undefined;
  free(): Promise<void>;
}

/** What can go, and what has to stay for now. */
export interface Leftovers {
  found: Leftover[];
  /** The pipelines in `.run/`. */
  names: string[];
  /** A line for each pipeline that could not be looked at. */
  notes: string[];
}

/**
 * Looks for weights, for checkpoints of interrupted cells, and for entries of turbo's cache that no cell
 * of any pipeline needs as it was last planned. Results are never among them.
 *
 * @param root the project's folder
 */
export async function findLeftovers(root: string): Promise<Leftovers> {
  const run = join(root, ".run");
  const cacheDir = join(run, ".turbo-cache");
  const found: Leftover[] = [];
  const notes: string[] = [];
  const needed = new Set<string>();
  const names = (await readdir(run).catch(() => [])).filter((name) =>
    existsSync(join(run, name, "cells")),
  );
  for (const name of names) {
    const folder = runFolder(root, name);
    try {
      const outcomes = await planTurbo({ dir: folder.dir, cacheDir });
      const hashes = new Map(outcomes.map((o) => [o.cell, o.hash]));
      for (const hash of hashes.values()) needed.add(hash);
      const { lock } = await tryLock(join(folder.dir, "running"));
      if (lock === undefined) {
        notes.push(`${name}: is running; left alone`);
        continue;
      }
      await lock.release();
      for (const leftover of [
        ...(await weightsOf(root, name, hashes)),
        ...(await checkpointsOf(root, name)),
      ])
        found.push({ ...leftover, free: () => unlessRunning(folder, leftover.free) });
    } catch (error) {
      notes.push(`${name}: left alone: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  // If a pipeline could not be planned, its entries are unknown.
  const unused = (await cacheEntries(cacheDir)).filter((e) => !needed.has(e.hash));
  if (
    unused.length > 0 &&
    names.every((name) => !notes.some((n) => n.startsWith(`${name}: left`)))
  ) {
    const times = await Promise.all(unused.map((e) => secondsOf(cacheDir, e.hash)));
    found.push({
      of: "turbo's cache",
      what: `${unused.length} results that no pipeline uses as it stands`,
      bytes: unused.reduce((sum, e) => sum + e.bytes, 0),
      usedMs: Math.max(...unused.map((e) => e.usedMs)),
      seconds: total(times),
      async free() {
        for (const { hash } of unused) await dropEntry(cacheDir, hash);
      },
    });
  }
  return { found, names, notes };
}

/** @throws Error if the pipeline has been started meanwhile */
async function unlessRunning({ dir }: RunFolder, free: () => Promise<void>): Promise<void> {
  const { lock } = await tryLock(join(dir, "running"));
  if (lock === undefined) throw new Error("its pipeline is running; left alone");
  await free().finally(() => lock.release());
}

async function weightsOf(
  root: string,
  name: string,
  hashes: ReadonlyMap<string, string>,
): Promise<Leftover[]> {
  const folder = runFolder(root, name);
  const cacheDir = join(root, ".run", ".turbo-cache");
  const found: { id: string; bytes: number; usedMs: number; seconds: number | undefined }[] = [];
  for (const id of await readdir(join(folder.dir, "cells"))) {
    const manifest = await readManifest(folder.artifact(id)).catch(() => undefined);
    const files = Object.entries(manifest?.files ?? {}).filter(([, f]) => f.weights === true);
    const there = files.map(([file]) => join(folder.artifact(id), file)).filter(existsSync);
    if (there.length === 0) continue;
    const stats = await Promise.all(there.map((file) => stat(file)));
    found.push({
      id,
      bytes: stats.reduce((sum, s) => sum + s.size, 0),
      usedMs: Math.max(...stats.map((s) => s.atimeMs)),
      seconds: await secondsWithInputs(folder, cacheDir, hashes, id),
    });
  }
  return found.map(({ id, ...about }) => ({
    of: name,
    what: `weights of ${id}`,
    ...about,
    async free() {
      await releaseWeights(folder, id);
      await dropWeights(folder.artifact(id));
    },
  }));
}

async function checkpointsOf(root: string, name: string): Promise<Leftover[]> {
  const folder = runFolder(root, name);
  const found: Leftover[] = [];
  for (const id of await readdir(join(folder.dir, "cells"))) {
    const path = `${folder.artifact(id)}.scratch`;
    if (!existsSync(path)) continue;
    let [bytes, usedMs] = [0, 0];
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      const { size, mtimeMs } = await stat(join(entry.parentPath, entry.name));
      if (entry.isFile()) bytes += size;
      usedMs = Math.max(usedMs, mtimeMs);
    }
    const free = () => rm(path, { recursive: true, force: true });
    const what = `a checkpoint of ${id}, which was interrupted`;
    found.push({ of: name, what, bytes, usedMs, seconds: undefined, free });
  }
  return found;
}

/** How long a cell's weights take to make, with the weights that they are made from, as if all were gone. */
async function secondsWithInputs(
  folder: RunFolder,
  cacheDir: string,
  hashes: ReadonlyMap<string, string>,
  id: string,
): Promise<number | undefined> {
  const file = join(folder.dir, "cells", id, "cell.json");
  const { stage, inputs } = cellSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const times = [await secondsOf(cacheDir, hashes.get(id) ?? "")];
  for (const name of (await loadStage(stage)).readsWeightsOf ?? []) {
    const [, input = ""] = inputs[name]?.split("/") ?? [];
    times.push(await secondsWithInputs(folder, cacheDir, hashes, input));
  }
  return total(times);
}

const cellSchema = z.looseObject({ stage: z.string(), inputs: z.record(z.string(), z.string()) });
const metaSchema = z.object({ duration: z.number().nonnegative() });

/** How long a cached cell took, as turbo noted it. */
async function secondsOf(cacheDir: string, hash: string): Promise<number | undefined> {
  try {
    const text = await readFile(join(cacheDir, `${hash}-meta.json`), "utf8");
    return metaSchema.parse(JSON.parse(text)).duration / 1000;
  } catch {
    return undefined;
  }
}

function total(seconds: readonly (number | undefined)[]): number | undefined {
  const known = seconds.filter((s) => s !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0);
}
