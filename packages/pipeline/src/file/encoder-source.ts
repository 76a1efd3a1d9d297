import { resolve } from "node:path";
import type { Json } from "@sweetspot/artifact";
import { parseReference } from "@sweetspot/hub";
import type { PipelineFile } from "./pipeline-file.ts";
import { folderSetting, hubSetting } from "./repository-source.ts";

/**
 * The stages' `encoder` setting for each encoder: the name of an embedded encoder; a folder's path,
 * relative to `root` (where cells run), and sha256, so that cells re-run when a file changes; or a Hub
 * repository at the commit that its revision names now.
 *
 * @param folder the pipeline file's folder; paths in the file are relative to it
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
    // A name without a slash is an embedded encoder; the stages check it.
    const place = from.includes("/") ? parse(from, where("from")) : undefined;
    if (revision !== undefined && (place === undefined || "folder" in place)) {
      throw new RangeError(
        `${where("revision")}: belongs to a model on the Hub (ORG/NAME), got "${from}"; remove it`,
      );
    }
    if (place === undefined) {
      sources[name] = from;
      continue;
    }
    try {
      sources[name] =
        "folder" in place
          ? await folderSetting(resolve(folder, place.folder), root)
          : await hubSetting("model", { ...place, ...(revision !== undefined && { revision }) });
    } catch (cause) {
      throw new Error(`${where("from")}: ${(cause as Error).message}`, { cause });
    }
  }
  return sources;
}

function parse(text: string, where: string): ReturnType<typeof parseReference> {
  try {
    return parseReference(text);
  } catch (cause) {
    throw new RangeError(`${where}: ${(cause as Error).message}`, { cause });
  }
}
