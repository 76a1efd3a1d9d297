import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type PinnedFile, resolvePinnedFile } from "@sweetspot/artifact";

/** Many files of an npm package, pinned by one hash. */
export interface PinnedFolder {
  /** A pinned file that lists their names. */
  list: PinnedFile;
  /** Reads the names from it, relative to its folder. */
  names: (list: string) => string[];
  /** Their `folderDigest`. */
  sha256: string;
}

/** A file's name and its content. */
export type NamedFile = readonly [name: string, content: Buffer];

/**
 * Reads the files of a pinned folder and checks their hash.
 *
 * @param from `import.meta.url` of the module whose package depends on the files' package
 * @returns sorted by name
 * @throws Error if the package is not installed, or its files are not the pinned ones
 */
export async function readPinnedFolder(
  { list, names, sha256 }: PinnedFolder,
  from: string,
): Promise<NamedFile[]> {
  const path = await resolvePinnedFile(list, from);
  const folder = dirname(path);
  const files: NamedFile[] = [];
  // One at a time: some systems cannot open thousands at once.
  for (const name of names(await readFile(path, "utf8")).sort()) {
    const file = join(folder, name);
    const content = await readFile(file).catch((cause: unknown) => {
      throw new Error(`${file}: cannot be read; run npm ci`, { cause });
    });
    files.push([name, content]);
  }
  const actual = folderDigest(files);
  if (actual === sha256) return files;
  throw new Error(
    `${folder}: expected sha256 ${sha256} of its ${files.length} files, got ${actual}; run npm ci to bring the pinned version back`,
  );
}

/** The sha256, in hexadecimal, over each file's `name NUL length NUL content`, in the given order. */
export function folderDigest(files: readonly NamedFile[]): string {
  const hash = createHash("sha256");
  for (const [name, content] of files) hash.update(`${name}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}
