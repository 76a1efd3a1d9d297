import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { didYouMean } from "@sweetspot/artifact";
import type { Repository } from "./repository.ts";

/**
 * Opens a folder on disk as a repository; hidden files and folders are left out.
 *
 * @throws Error if there is no such folder
 */
export async function openFolder(folder: string): Promise<Repository> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === "ENOENT"
          ? `no such folder (looked from ${process.cwd()})`
          : cause.code === "ENOTDIR"
            ? "expected a folder, got a file"
            : `cannot be read (${cause.message})`;
      throw new Error(`${folder}: ${why}`, { cause });
    },
  );
  const files = entries
    .filter((e) => !e.isDirectory())
    .map((e) => relative(folder, join(e.parentPath, e.name)).split(sep).join("/"))
    .filter((file) => !file.split("/").some((part) => part.startsWith(".")))
    .sort();
  const path = (file: string): Promise<string> => {
    if (files.includes(file)) return Promise.resolve(join(folder, file));
    const got = files.length === 0 ? "got no files" : didYouMean(file, files);
    return Promise.reject(new Error(`${folder}: expected a file ${file}, ${got}`));
  };
  return {
    name: folder,
    files: () => Promise.resolve(files),
    about: async (file) => ({ bytes: (await stat(await path(file))).size, here: true }),
    path,
  };
}
