import { openFolder } from "./open-folder.ts";
import { openHub } from "./open-hub.ts";
import type { Repository } from "./repository.ts";
import type { RepositorySetting } from "./repository-setting.ts";
import { repositorySha256 } from "./repository-sha256.ts";

/** Options for opening a repository. */
export interface OpenOptions {
  type: "model" | "dataset";
  /** Called with lines about the progress of downloads. */
  log?: (line: string) => void;
}

/** Open repositories. A commit never changes, so a plan of many cells lists its files once. */
const opened = new Map<string, Repository>();

/**
 * Opens the repository that a setting names.
 *
 * @throws Error if there is no such folder, or its hash differs from the setting's; as `openHub`
 */
export async function openRepository(
  setting: RepositorySetting,
  { type, log }: OpenOptions,
): Promise<Repository> {
  if ("hub" in setting) {
    const { hub: name, revision } = setting;
    const key = JSON.stringify([type, name, revision]);
    const repository =
      opened.get(key) ?? openHub({ type, name, revision }, log === undefined ? {} : { log });
    opened.set(key, repository);
    return repository;
  }
  const repository = await openFolder(setting.folder);
  if (setting.sha256 === undefined) return repository;
  const actual = await repositorySha256(repository);
  if (actual !== setting.sha256) {
    throw new Error(
      `${setting.folder}: expected sha256 ${setting.sha256} over its files, got ${actual}; a file has changed: plan again, or correct sha256`,
    );
  }
  return repository;
}
