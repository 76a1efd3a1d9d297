import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "@sweetspot/artifact";
import { gitHash } from "./hub-server.ts";

/** The names of blobs in a cache whose bytes do not have that hash; incomplete ones do not count. */
export async function badBlobs(home: string): Promise<string[]> {
  const bad: string[] = [];
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries) {
    if (!parentPath.endsWith("blobs") || name.endsWith(".incomplete")) continue;
    const content = await readFile(join(parentPath, name));
    if (sha256(content) !== name && gitHash(content) !== name) bad.push(name);
  }
  return bad;
}
