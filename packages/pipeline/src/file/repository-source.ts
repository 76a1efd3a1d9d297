import { relative, sep } from "node:path";
import type { Json } from "@sweetspot/artifact";
import { openFolder, pinRevision, repositorySha256 } from "@sweetspot/hub";

/** A folder as a stage's setting, its path relative to `root`. @throws Error if it cannot be read */
export async function folderSetting(path: string, root: string): Promise<Json> {
  const sha256 = await repositorySha256(await openFolder(path));
  return { folder: relative(root, path).split(sep).join("/") || ".", sha256 };
}

/** A Hub repository as a stage's setting, pinned to a commit. @throws as `pinRevision` */
export async function hubSetting(
  type: "model" | "dataset",
  { name, revision }: { name: string; revision?: string },
): Promise<Json> {
  const pinned = await pinRevision({ type, name, ...(revision !== undefined && { revision }) });
  return { hub: name, revision: pinned };
}
