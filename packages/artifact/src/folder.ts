import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { diskError } from "./disk-error.ts";
import { sha256, sha256OfFile } from "./hash.ts";
import { type Json, type Manifest, manifestSchema } from "./manifest.ts";
import { parse } from "./parse.ts";

/** A folder that a stage left on disk. It was whole when it was opened. */
export interface Artifact {
  dir: string;
  manifest: Manifest;
  /** sha256 of `manifest.json`: since that lists the hash of each file, the identity of the whole. */
  sha256: string;
  /**
   * The path of one of its files.
   * @throws RangeError if the manifest does not list it
   */
  path(file: string): string;
}

/**
 * Opens an artefact and checks each file's size and sha256 against the manifest.
 *
 * @throws Error if there is no manifest, it breaks the schema, or a file is missing or changed
 */
export async function openArtifact(dir: string): Promise<Artifact> {
  const file = join(dir, "manifest.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new Error(
      `${file}: cannot be read, so ${dir} is no artefact; run the stage that makes it`,
      { cause },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(
      `${file}: not JSON (${(cause as Error).message}); delete ${dir} and run its stage again`,
      { cause },
    );
  }
  const manifest = parse(manifestSchema, json, file);
  for (const [name, entry] of Object.entries(manifest.files)) {
    const path = join(dir, name);
    const size = await stat(path).then(
      (s) => s.size,
      () => undefined,
    );
    if (size === undefined)
      throw new Error(`${path}: listed in the manifest, but missing; ${again(dir)}`);
    if (size !== entry.bytes || (await sha256OfFile(path)) !== entry.sha256) {
      throw new Error(`${path}: its sha256 no longer matches the manifest; ${again(dir)}`);
    }
  }
  return {
    dir,
    manifest,
    sha256: sha256(text),
    path(name) {
      if (!(name in manifest.files)) {
        throw new RangeError(
          `${dir}: no file "${name}" in the manifest (has ${Object.keys(manifest.files).join(", ")})`,
        );
      }
      return join(dir, name);
    },
  };
}

function again(dir: string): string {
  return `delete ${dir} and run its stage again`;
}

/**
 * Writes an artefact that is whole or absent: `write` fills a temporary folder beside `dir`, the
 * manifest is added, everything is flushed to the disk, and the folder takes its name. If anything
 * fails the temporary folder is removed and `dir` is as it was.
 *
 * @param write fills the folder that it is given and returns the manifest's facts
 */
export async function writeArtifact(
  dir: string,
  about: Pick<Manifest, "stage" | "settings" | "inputs">,
  write: (folder: string) => Promise<Record<string, Json>>,
): Promise<Artifact> {
  const temporary = `${dir}.tmp-${process.pid}`;
  const old = `${dir}.old-${process.pid}`;
  try {
    await mkdir(dirname(dir), { recursive: true });
    await removeLeftovers(dir);
    await mkdir(temporary);
    const facts = await write(temporary);
    const files: Manifest["files"] = {};
    for (const path of await filesUnder(temporary)) {
      const name = relative(temporary, path).split(sep).join("/");
      files[name] = { bytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
      await flush(path);
    }
    const manifest: Manifest = { format: "sweetspot-artifact-1", ...about, files, facts };
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    await writeFile(join(temporary, "manifest.json"), text, { flush: true });
    await rename(dir, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(temporary, dir);
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    throw diskError(`cannot write ${dir}`, cause);
  }
  return openArtifact(dir);
}

/** Folders that a killed process left beside `dir`: an unfinished one goes; a finished one that was moved aside comes back. */
async function removeLeftovers(dir: string): Promise<void> {
  const parent = dirname(dir);
  const name = relative(parent, dir);
  for (const entry of await readdir(parent)) {
    const path = join(parent, entry);
    if (entry.startsWith(`${name}.old-`)) {
      const whole = await stat(dir).then(
        () => true,
        () => false,
      );
      await (whole ? rm(path, { recursive: true, force: true }) : rename(path, dir));
    } else if (entry.startsWith(`${name}.tmp-`)) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function filesUnder(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .sort();
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
