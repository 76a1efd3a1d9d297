import { existsSync } from "node:fs";
import { open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { sha256, sha256OfFile } from "./hash.ts";
import { type FileEntry, type Json, type Manifest, manifestSchema } from "./manifest.ts";
import { parseJson } from "../json-file.ts";
import { parse } from "../parse.ts";
import { bringBack, replaceFolder } from "./replace-folder.ts";

/** A folder that a stage wrote. It was whole when it was opened. */
export interface Artifact {
  dir: string;
  manifest: Manifest;
  /** sha256 of `manifest.json`. Since that lists every file's hash, it identifies the whole folder. */
  sha256: string;
  /**
   * The path of one of its files.
   * @throws RangeError if the manifest does not list it; Error if it holds weights and is gone
   */
  path(file: string): string;
  /** Those of its files that hold weights and are gone. */
  missing: readonly string[];
}

/**
 * Opens an artifact and checks each file's size and sha256 against the manifest. Only files of weights may
 * be absent. An artifact that a killed writer had moved aside is first put back.
 *
 * @throws Error if there is no manifest, it breaks the schema, or a file is missing or changed
 */
export async function openArtifact(dir: string): Promise<Artifact> {
  const { text, manifest } = await manifestOf(dir);
  const missing: string[] = [];
  for (const [name, entry] of Object.entries(manifest.files)) {
    if (entry.weights === true && !existsSync(join(dir, name))) missing.push(name);
    else await checkFile(dir, name, entry);
  }
  return {
    dir,
    manifest,
    missing,
    sha256: sha256(text),
    path(name) {
      if (!Object.hasOwn(manifest.files, name)) {
        throw new RangeError(
          `${dir}: no file "${name}" in the manifest (has ${Object.keys(manifest.files).join(", ")})`,
        );
      }
      if (missing.includes(name)) throw weightsGone(dir, name);
      return join(dir, name);
    },
  };
}

/**
 * Deletes an artifact's files of weights. Its manifest keeps their sizes and hashes.
 *
 * @returns the bytes freed
 * @throws as `readManifest`, and the system's error if one cannot be deleted
 */
export async function dropWeights(dir: string): Promise<number> {
  let freed = 0;
  for (const [name, { weights }] of Object.entries((await readManifest(dir)).files)) {
    const path = join(dir, name);
    if (weights !== true || !existsSync(path)) continue;
    freed += (await stat(path)).size;
    await rm(path);
  }
  return freed;
}

/** The error of a reader whose input's weights are gone. */
export function weightsGone(dir: string, file: string): Error {
  const cell = basename(dir) === "artifact" ? basename(dirname(dir)) : "CELL";
  return new Error(
    `${join(dir, file)}: is missing. A pipeline deletes weights once every cell that reads them has run: make them again with npx turbo run pipeline -- PIPELINE --filter=${cell}, or name the cell under keep: in the pipeline's file. If this folder is a copy, copy it again`,
  );
}

/**
 * Reads an artifact's manifest; its files are not checked.
 *
 * @throws Error if there is no manifest, or it breaks the schema
 */
export async function readManifest(dir: string): Promise<Manifest> {
  return (await manifestOf(dir)).manifest;
}

async function manifestOf(dir: string): Promise<{ text: string; manifest: Manifest }> {
  const file = join(dir, "manifest.json");
  const text = await readFile(file, "utf8")
    .catch(async (error: unknown) => {
      await bringBack(dir).catch(() => undefined);
      return readFile(file, "utf8").catch(() => {
        throw error;
      });
    })
    .catch((cause: unknown) => {
      throw new Error(
        `${file}: cannot be read, so ${dir} is not an artifact; run the stage that makes it`,
        { cause },
      );
    });
  let json: unknown;
  try {
    json = parseJson(text, file);
  } catch (cause) {
    throw new Error(`${(cause as Error).message}; ${again(dir)}`, { cause });
  }
  return { text, manifest: parse(manifestSchema, json, file) };
}

async function checkFile(dir: string, name: string, entry: FileEntry): Promise<void> {
  const path = join(dir, name);
  if (relative(dir, path).startsWith("..") || relative(dir, path) !== name.split("/").join(sep))
    throw new RangeError(
      `${join(dir, "manifest.json")}: lists "${name}", which is not inside ${dir}`,
    );
  const size = await stat(path).then(
    (s) => s.size,
    () => undefined,
  );
  if (size === undefined)
    throw new Error(`${path}: listed in the manifest, but missing; ${again(dir)}`);
  if (size !== entry.bytes)
    throw new Error(
      `${path}: expected ${entry.bytes} bytes as the manifest says, got ${size}; ${again(dir)}`,
    );
  const actual = await sha256OfFile(path);
  if (actual !== entry.sha256)
    throw new Error(
      `${path}: its sha256 no longer matches the manifest (expected ${entry.sha256}, got ${actual}); ${again(dir)}`,
    );
}

function again(dir: string): string {
  return `delete ${dir} and run its stage again`;
}

/**
 * Writes an artifact that is whole or absent: `write` fills a temporary folder beside `dir`, the
 * manifest is added, everything is flushed to disk, and the folder is renamed to `dir`. If anything
 * fails, the temporary folder is removed and `dir` stays as it was; if the process is killed, the next
 * one to write or open `dir` cleans up.
 *
 * @param dir replaced if it is an artifact or empty
 * @param write fills the given folder with files and folders, and returns the manifest's facts
 * @param weights the files that hold weights, as `Stage.weights`
 * @throws Error that says what to do if the disk is full or read-only, or `dir` holds something else;
 *   what `write` throws
 */
export async function writeArtifact(
  dir: string,
  about: Pick<Manifest, "stage" | "settings" | "inputs">,
  write: (folder: string) => Promise<Record<string, Json>>,
  weights: readonly string[] = [],
): Promise<Artifact> {
  await replaceFolder(dir, async (temporary) => {
    await checkReplaceable(dir);
    const facts = await write(temporary);
    const files = await listFiles(temporary, weights);
    const manifest: Manifest = { format: "sweetspot-artifact-1", ...about, files, facts };
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    await writeFile(join(temporary, "manifest.json"), text, { flush: true });
  });
  return openArtifact(dir);
}

/** @throws Error if an artifact of this name would overwrite something else */
async function checkReplaceable(dir: string): Promise<void> {
  const entries = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR")
      throw new Error(`cannot write ${dir}: it is a file; choose another name`);
    throw error;
  });
  if (entries.length > 0 && !entries.includes("manifest.json"))
    throw new Error(
      `cannot write ${dir}: it holds other files and no manifest.json; choose another folder, or empty it`,
    );
}

/** The files in a folder, flushed to disk, by their paths inside it. */
async function listFiles(folder: string, weights: readonly string[]): Promise<Manifest["files"]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: [string, FileEntry][] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join("/");
    if (!entry.isFile())
      throw new TypeError(`cannot write ${folder}: ${name} is neither a file nor a folder`);
    if (name === "manifest.json")
      throw new RangeError(
        `cannot write ${folder}: the name manifest.json is taken by the manifest`,
      );
    await flushFile(path);
    const about = { bytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
    const isWeights = weights.some((pattern) => matchesGlob(name, pattern));
    files.push([name, { ...about, ...(isWeights && { weights: true }) }]);
  }
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a path is a pattern's, in which `*` stands for any part of one name. */
function matchesGlob(path: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[^\w]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join("[^/]*")}$`).test(path);
}

async function flushFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
