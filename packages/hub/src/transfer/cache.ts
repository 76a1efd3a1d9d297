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

/** The paths of a repository in the cache. */
export interface CachePlace {
  /** The repository's folder: `models--ORG--NAME` in the cache. */
  folder: string;
  /** The path of a file's bytes, by their hash. */
  blob(etag: string): string;
  /** The path of the link to a file of a commit. */
  pointer(commit: string, file: string): string;
}

/** The paths of a repository, in the layout of Hugging Face's Python tools. */
export function placeOf(source: Pick<HubReference, "type" | "name">): CachePlace {
  const folder = join(cacheFolder(), getRepoFolderName(source));
  return {
    folder,
    blob: (etag) => join(folder, "blobs", etag),
    pointer: (commit, file) => join(folder, "snapshots", commit, ...file.split("/")),
  };
}

/**
 * Checks a file name before it becomes a path on this disk; the repository's owner chose it.
 *
 * @throws RangeError if it leads out of the repository's folder, here or on Windows; on Windows also if
 *   it names a device, a stream of a file, or a file other than it seems to
 */
export function checkFileName(repository: string, file: string): void {
  const parts = file.split("/");
  const bad = (part: string) => part === "" || part === "." || part === "..";
  // oxlint-disable-next-line no-control-regex -- it looks for control characters
  const character = /[\\\u0000-\u001f\u007f]|^[A-Za-z]:/;
  const leadsOut = file.length > 1024 || parts.some(bad) || character.test(file);
  if (leadsOut || (process.platform === "win32" && parts.some(isSpecialOnWindows)))
    throw new RangeError(
      `${repository}: expected names of files inside the repository, got ${JSON.stringify(file.slice(0, 200))}; do not use this repository until its owner has renamed it`,
    );
}

/** Device names, whatever follows a dot; and names with a colon or a final dot or blank, which mean another file. */
function isSpecialOnWindows(part: string): boolean {
  return /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)|[<>:"|?*]|[. ]$/i.test(part);
}

/** The size of a file, following links; undefined if there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Links a file of a commit to its bytes; an existing link is replaced atomically. */
export async function link(blob: string, pointer: string): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  // Beside the blobs, so that no listing of the snapshot shows it.
  const temporary = `${blob}.${randomUUID()}.link`;
  try {
    // Without the right to make links, as on Windows, Python's tools copy as well.
    await symlink(relative(dirname(pointer), blob), temporary).catch(() =>
      copyFile(blob, temporary),
    );
    await rename(temporary, pointer);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The files of a commit that are in the cache, sorted; undefined if it has nothing of that commit. */
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

/** The last known commit of a branch or tag; undefined if it was never requested. */
export async function cachedRef(place: CachePlace, revision: string): Promise<string | undefined> {
  const text = await readFile(join(place.folder, "refs", ...revision.split("/")), "utf8").catch(
    () => "",
  );
  return text.trim() || undefined;
}

/** Remembers the commit of a branch or tag, for runs without a network. */
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
