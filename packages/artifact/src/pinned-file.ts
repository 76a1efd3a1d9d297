import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { sha256OfFile } from "./folder/hash.ts";

/** A file inside an npm package, identified by its hash. */
export interface PinnedFile {
  /** The npm package that contains it. */
  package: string;
  /** For an optional package: the version to install. */
  version?: string;
  /** Path inside that package. */
  path: string;
  sha256: string;
}

/**
 * Finds a pinned file and checks its hash.
 *
 * @param from `import.meta.url` of the module whose package depends on the file's package
 * @returns the file's path
 * @throws Error if the package is not installed, or the file is not the pinned one
 */
export async function resolvePinnedFile(pin: PinnedFile, from: string): Promise<string> {
  const root = await packageRoot(pin, from);
  const file = join(root, pin.path);
  const actual = await sha256OfFile(file).catch((cause: unknown) => {
    throw new Error(`${file}: cannot be read; run npm ci`, { cause });
  });
  if (actual !== pin.sha256) {
    throw new Error(
      `${file}: expected sha256 ${pin.sha256}, got ${actual}; run npm ci to bring the pinned version back`,
    );
  }
  return file;
}

/** The folder of an installed package, even where `exports` hides it. */
async function packageRoot({ package: name, version }: PinnedFile, from: string): Promise<string> {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const root = join(folder, name);
    if (existsSync(join(root, "package.json"))) return root;
  }
  const fix = version === undefined ? "run npm ci" : `run npm install ${name}@${version}`;
  throw new Error(`${name}: not installed; ${fix} (looked from ${dirname(from)})`);
}
