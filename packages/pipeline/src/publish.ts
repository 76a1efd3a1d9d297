import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError, openArtifact } from "@sweetspot/artifact";

/**
 * Copies an artefact, checked, to the folder where a person looks for it: whole or not at all.
 *
 * @returns the copy's files, as the manifest names them
 * @throws Error if the artefact is not whole, or `target` cannot be written
 */
export async function publish(artifact: string, target: string): Promise<string[]> {
  const { manifest } = await openArtifact(artifact);
  const files = Object.keys(manifest.files);
  const temporary = `${target}.tmp`;
  const old = `${target}.old`;
  try {
    await rm(temporary, { recursive: true, force: true });
    for (const file of [...files, "manifest.json"]) {
      await mkdir(dirname(join(temporary, file)), { recursive: true });
      await copyFile(join(artifact, file), join(temporary, file));
    }
    await rm(old, { recursive: true, force: true });
    await rename(target, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(temporary, target);
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    // What went wrong first is what is told.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw diskError(`cannot write ${target}`, cause);
  }
  return files;
}
