import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** The size above which old entries of turbo's cache are deleted, unless the command says otherwise. */
export const defaultCacheGb = 10;

/** An entry of turbo's cache: the compressed result of one cell, with two small files beside it. */
export interface CacheEntry {
  hash: string;
  bytes: number;
  /** When a run last needed it, in milliseconds since 1970. */
  usedMs: number;
}

/** The entries of turbo's cache, the least recently used first; none if the folder does not exist. */
export async function cacheEntries(cacheDir: string): Promise<CacheEntry[]> {
  const entries = new Map<string, CacheEntry>();
  for (const file of await readdir(cacheDir).catch(() => [])) {
    const hash = /^([0-9a-f]+)(?:\.tar\.zst|-meta\.json|-manifest\.json)$/.exec(file)?.[1];
    // Another pipeline's run may delete it meanwhile.
    const found = hash && (await stat(join(cacheDir, file)).catch(() => undefined));
    if (!hash || !found) continue;
    const { bytes, usedMs } = entries.get(hash) ?? { bytes: 0, usedMs: 0 };
    const latest = Math.max(usedMs, found.mtimeMs);
    entries.set(hash, { hash, bytes: bytes + found.size, usedMs: latest });
  }
  return [...entries.values()].sort((a, b) => a.usedMs - b.usedMs);
}

/** Deletes an entry, whether or not all of its files exist. */
export async function dropEntry(cacheDir: string, hash: string): Promise<void> {
  for (const file of [`${hash}.tar.zst`, `${hash}-meta.json`, `${hash}-manifest.json`])
    await rm(join(cacheDir, file), { force: true });
}

/**
 * Marks entries as used now, and deletes the least recently used of the others until all fit.
 *
 * @param used the hashes of this run's cells, which are never deleted
 * @returns the bytes freed, and how many bytes the rest has
 */
export async function boundCache(
  cacheDir: string,
  used: ReadonlySet<string>,
  maxBytes: number,
): Promise<{ freed: number; bytes: number }> {
  const now = new Date();
  for (const hash of used)
    await utimes(join(cacheDir, `${hash}.tar.zst`), now, now).catch(() => undefined);
  const entries = await cacheEntries(cacheDir);
  let bytes = entries.reduce((sum, e) => sum + e.bytes, 0);
  let freed = 0;
  for (const entry of entries) {
    if (bytes <= maxBytes) break;
    if (used.has(entry.hash)) continue;
    await dropEntry(cacheDir, entry.hash);
    bytes -= entry.bytes;
    freed += entry.bytes;
  }
  return { freed, bytes };
}
