import { randomUUID } from "node:crypto";
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { getRepoFolderName } from "@huggingface/hub";
import { cacheFolder } from "./environment.ts";
import type { HubReference } from "../repository-reference.ts";

/** Where the cache keeps a repository. */
export interface CachePlace {
  /** The repository's folder: `models--ORG--NAME` in the cache. */
  folder: string;
  /** Where a file's bytes lie, by their hash. */
  blob(etag: string): string;
  /** Where a file of a commit is linked. */
  pointer(commit: string, file: string): string;
}

/** The layout that Hugging Face's Python tools share. */
export function placeOf(source: Pick<HubReference, "type" | "name">): CachePlace {
  const folder = join(cacheFolder(), getRepoFolderName(source));
  return {
    folder,
    blob: (etag) => join(folder, "blobs", etag),
    pointer: (commit, file) => join(folder, "snapshots", commit, ...file.split("/")),
  };
}

/**
 * Names of files come from whoever made the repository, and become paths on this disk.
 *
 * @throws RangeError for one that leads out of the repository's folder here or on Windows; on Windows for
 *   one that names a device, a stream of another file, or another file than it says
 */
export function checkFileName(repository: string, file: string): void {
  const parts = file.split("/");
  const bad = (part: string) => part === "" || part === "." || part === "..";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const character = /[\\\u0000-\u001f\u007f]|^[A-Za-z]:/;
  const leadsOut = file.length > 1024 || parts.some(bad) || character.test(file);
  if (leadsOut || (process.platform === "win32" && parts.some(isSpecialOnWindows)))
    throw new RangeError(
      `${repository}: expected names of files inside the repository, got ${JSON.stringify(file.slice(0, 200))}; do not use this repository before its owner has renamed it`,
    );
}

/** Devices by their names, whatever follows a dot; a colon and a final dot or blank name something else. */
function isSpecialOnWindows(part: string): boolean {
  return /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)|[<>:"|?*]|[. ]$/i.test(part);
}

/** The size of a file, links followed; undefined if there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Links a file of a commit to its bytes; what stood there is replaced in one step. */
export async function link(blob: string, pointer: string): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  // Beside the blobs, so that no listing of the snapshot ever shows it.
  const temporary = `${blob}.${randomUUID()}.link`;
  try {
    // Where links cannot be made, as on Windows without the right, Python's tools copy as well.
    await symlink(relative(dirname(pointer), blob), temporary).catch(() =>
      copyFile(blob, temporary),
    );
    await rename(temporary, pointer);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The files of a commit that the cache has whole, sorted; undefined if it has nothing of that commit. */
export async function cachedFiles(
  place: CachePlace,
  commit: string,
): Promise<string[] | undefined> {
  const snapshot = join(place.folder, "snapshots", commit);
  const entries = await readdir(snapshot, { recursive: true, withFileTypes: true }).catch(
    () => undefined,
  );
  if (entries === undefined) return undefined;
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if ((await sizeOf(path)) !== undefined)
      files.push(relative(snapshot, path).split(sep).join("/"));
  }
  return files.sort();
}

/** The commit that a branch or tag was at when last asked for; undefined if it never was. */
export async function cachedRef(place: CachePlace, revision: string): Promise<string | undefined> {
  const text = await readFile(join(place.folder, "refs", ...revision.split("/")), "utf8").catch(
    () => "",
  );
  return text.trim() || undefined;
}

/** Remembers where a branch or tag is, for runs without a network. */
export async function rememberRef(
  place: CachePlace,
  revision: string,
  commit: string,
): Promise<void> {
  const path = join(place.folder, "refs", ...revision.split("/"));
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(place.folder, `${randomUUID()}.ref`);
  await writeFile(temporary, commit);
  await rename(temporary, path);
}
