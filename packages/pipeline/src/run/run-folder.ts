import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { diskError } from "@sweetspot/artifact";
import type { CodeDigest } from "./code-digest.ts";
import type { Cell } from "../plan/plan.ts";

/** A cell as its script reads it, from `cell.json`. */
export interface CellFile {
  stage: string;
  settings: unknown;
  /** Name of each input -> its artifact folder, relative to the cell's. */
  inputs: Record<string, string>;
  /** The folder that the stage runs in, relative to the cell's. */
  root: string;
}

/** The first line that a cell's script prints. */
export const begins = "the cell begins";

/**
 * The environment variables that reach a cell. turbo drops all others, so that no result depends on them.
 * These say where things are, not what is computed, and do not change a cell's hash.
 */
const passThroughEnv = (
  "CUDA_* NVIDIA_* HF_* VK_* SWEETSPOT_THREADS XDG_CACHE_HOME XDG_RUNTIME_DIR LD_LIBRARY_PATH DYLD_LIBRARY_PATH TMPDIR NODE_OPTIONS NODE_EXTRA_CA_CERTS " +
  "SSL_CERT_FILE HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy npm_config_loglevel"
).split(" ");

/** The nested turbo root of one pipeline. */
export interface RunFolder {
  /** `.run/NAME`. */
  dir: string;
  /** The artifact folder of a cell. */
  artifact(cell: string): string;
}

/** @param root the project's folder */
export function runFolder(root: string, name: string): RunFolder {
  const dir = join(root, ".run", name);
  return { dir, artifact: (cell) => join(dir, "cells", cell, "artifact") };
}

/**
 * Writes the nested turbo root. Each cell is a package with one task, `cell`, which runs `script`.
 * Unchanged files are not touched, nor are an existing cell's other files.
 *
 * @param code stage name -> the digest of its code
 * @param script the built `cell.js`
 * @param weights the files of artifacts that hold weights, which turbo does not cache
 * @throws Error if the disk is full or not writable
 */
export async function writeRunFolder(
  { dir }: RunFolder,
  root: string,
  cells: readonly Cell[],
  code: Readonly<Record<string, CodeDigest>>,
  script: string,
  weights: readonly string[],
): Promise<void> {
  // Only the cells may differ between plans: the root's files are part of every cell's hash. turbo finds
  // the cells by the pattern and warns if there is no lock file.
  const workspaces = ["cells/*"];
  const root_ = { name: "cells", private: true, packageManager: "npm@10.9.0", workspaces };
  const task = {
    dependsOn: ["^cell"],
    inputs: ["cell.json", "code.json"],
    outputs: ["artifact/**", ...weights.map((pattern) => `!artifact/${pattern}`)],
    outputLogs: "new-only",
    passThroughEnv,
  };
  const locked: Record<string, unknown> = { "": { name: "cells", workspaces } };
  const files: Record<string, unknown> = {
    "package.json": root_,
    "turbo.json": { ui: "stream", tasks: { cell: task } },
  };
  for (const { id, stage, settings, inputs } of cells) {
    const here = join("cells", id);
    const dependencies = Object.fromEntries(Object.values(inputs).map((input) => [input, "*"]));
    // Quoted, because a path may contain spaces; every shell accepts double quotes.
    const command = `node "${posix(relative(join(dir, here), script))}"`;
    const cell: CellFile = {
      stage,
      settings,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, input]) => [name, `../${input}/artifact`]),
      ),
      root: posix(relative(join(dir, here), root)),
    };
    files[join(here, "package.json")] = {
      name: id,
      version: "0.0.0",
      private: true,
      scripts: { cell: command },
      dependencies,
    };
    files[join(here, "cell.json")] = cell;
    files[join(here, "code.json")] = code[stage];
    locked[`cells/${id}`] = { name: id, version: "0.0.0", dependencies };
    locked[`node_modules/${id}`] = { resolved: `cells/${id}`, link: true };
  }
  files["package-lock.json"] = {
    name: "cells",
    lockfileVersion: 3,
    requires: true,
    packages: locked,
  };
  try {
    for (const [path, value] of Object.entries(files)) {
      await writeIfChanged(join(dir, path), `${JSON.stringify(value, undefined, 2)}\n`);
    }
  } catch (cause) {
    throw diskError(`cannot write ${dir}`, cause);
  }
}

/** Removes the cells of earlier plans. Their results stay in turbo's cache. */
export async function removeStaleCells({ dir }: RunFolder, cells: readonly Cell[]): Promise<void> {
  const planned = new Set(cells.map((c) => c.id));
  for (const entry of await readdir(join(dir, "cells"))) {
    if (!planned.has(entry)) await rm(join(dir, "cells", entry), { recursive: true, force: true });
  }
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  const before = await readFile(path, "utf8").catch(() => undefined);
  if (before === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function posix(path: string): string {
  return path.split(sep).join("/");
}
