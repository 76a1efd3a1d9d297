import { relative, resolve, sep } from "node:path";
import type { Json } from "@sweetspot/artifact";
import { openFolder, repositorySha256 } from "@sweetspot/hub";
import type { PipelineFile } from "./pipeline-file.ts";

/**
 * The stages' `encoder` setting for each encoder: an embedded encoder's name as it is; a folder's path
 * relative to `root`, where cells run, and its sha256, so that a changed file re-runs; a repository of
 * the Hub at the commit that its revision is now.
 *
 * @param folder the pipeline file's, which the paths in it are relative to
 * @throws Error, with file and line, if a folder cannot be read, or the Hub knows no such revision
 */
export async function encoderSources(
  { encoders, source }: Pick<PipelineFile, "encoders" | "source">,
  folder: string,
  root: string,
): Promise<Record<string, Json>> {
  const sources: Record<string, Json> = {};
  for (const [name, { from = name, revision }] of Object.entries(encoders)) {
    const where = (key: string) => `${source.at(["encoders", name, key])}: encoders.${name}.${key}`;
    const isFolder = /^(\.{1,2})?\//.test(from);
    if (revision !== undefined && (isFolder || !from.includes("/"))) {
      throw new RangeError(
        `${where("revision")}: belongs to a model of the Hub, ORG/NAME, got "${from}"; remove it`,
      );
    }
    try {
      sources[name] = isFolder ? await folderSource(resolve(folder, from), root) : from;
    } catch (cause) {
      throw new Error(`${where("from")}: ${(cause as Error).message}`, { cause });
    }
  }
  return sources;
}

async function folderSource(path: string, root: string): Promise<Json> {
  const sha256 = await repositorySha256(await openFolder(path));
  return { folder: relative(root, path).split(sep).join("/") || ".", sha256 };
}
