import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Repository } from "./repository.ts";

/**
 * A folder on disk as a repository; hidden files and folders are left out.
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
  return {
    name: folder,
    files: () => Promise.resolve(files),
    async path(file) {
      if (files.includes(file)) return join(folder, file);
      throw new Error(`${folder}: expected a file ${file}, got ${files.join(", ") || "none"}`);
    },
  };
}
