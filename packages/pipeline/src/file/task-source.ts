import { relative, resolve, sep } from "node:path";
import { type Json, sha256OfFile } from "@sweetspot/artifact";
import { parseReference } from "@sweetspot/hub";
import type { PipelineFile } from "./pipeline-file.ts";
import { folderSetting, hubSetting } from "./repository-source.ts";

/**
 * The data stage's `task` setting for each task: the name of an embedded task (`from`, or the entry's own
 * name); a user's file, by its path relative to `root` (where cells run) and sha256, so that cells re-run
 * when it changes; or a data set, by its folder, or by its Hub repository at the commit that its revision
 * names now.
 *
 * @param folder the pipeline file's folder; paths in the file are relative to it
 * @throws Error, with file and line, if a task's file or data set cannot be read
 */
export async function taskSources(
  { tasks, source }: Pick<PipelineFile, "tasks" | "source">,
  folder: string,
  root: string,
): Promise<Record<string, Json>> {
  const sources: Record<string, Json> = {};
  for (const [task, { columns }] of Object.entries(tasks)) {
    const where = (key: string) => `${source.at(["tasks", task, key])}: tasks.${task}.${key}`;
    const { file, testFile, dataset, revision, format, text, textPair, label } = columns;
    const { delimiter, header, quotes } = columns;
    if (file !== undefined) {
      const shown = await pinnedFile(file, where("file"), folder, root);
      const test =
        testFile === undefined
          ? undefined
          : await pinnedFile(testFile, where("testFile"), folder, root);
      sources[task] = json({
        ...shown,
        format,
        delimiter,
        header,
        quotes,
        text,
        textPair,
        label,
        testFile: test?.file,
        testSha256: test?.sha256,
      });
    } else if (dataset !== undefined) {
      const { config, trainSplit, testSplit } = columns;
      const columnsOf = { config, trainSplit, testSplit, text, textPair, label };
      const setting = await datasetSetting(dataset, revision, where, folder, root);
      sources[task] = json({ dataset: setting, ...columnsOf });
    } else {
      sources[task] = columns.from ?? task;
    }
  }
  return sources;
}

/** A file's path relative to `root`, and its hash. */
async function pinnedFile(
  file: string,
  where: string,
  folder: string,
  root: string,
): Promise<{ file: string; sha256: string }> {
  const path = resolve(folder, file);
  const sha256 = await sha256OfFile(path).catch((cause: unknown) => {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? `no file ${path}` : message;
    throw new Error(
      `${where}: expected the path of a file, relative to the pipeline file, got "${file}" (${why})`,
      { cause },
    );
  });
  return { file: relative(root, path).split(sep).join("/"), sha256 };
}

async function datasetSetting(
  dataset: string,
  revision: string | undefined,
  where: (key: string) => string,
  folder: string,
  root: string,
): Promise<Json> {
  try {
    const place = parseReference(dataset);
    if (!("folder" in place))
      return await hubSetting("dataset", { ...place, ...(revision !== undefined && { revision }) });
    if (revision !== undefined)
      throw new RangeError(`a folder has no revision ("${revision}"); remove it`);
    return await folderSetting(resolve(folder, place.folder), root);
  } catch (cause) {
    throw new Error(`${where("dataset")}: ${(cause as Error).message}`, { cause });
  }
}

/** The value without its undefined fields. */
function json(value: Record<string, unknown>): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
