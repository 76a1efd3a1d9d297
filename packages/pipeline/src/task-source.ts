import { relative, resolve, sep } from "node:path";
import { type Json, sha256OfFile } from "@sweetspot/artifact";
import type { PipelineFile } from "./pipeline-file.ts";

/**
 * The data stage's `task` setting for each task: an embedded task's name as it is; for a person's own
 * file its path relative to `root`, where cells run, and its sha256, so that a changed file re-runs.
 *
 * @param folder the pipeline file's, which the paths in it are relative to
 * @throws Error, with file and line, if a task's file cannot be read
 */
export async function taskSources(
  { tasks, source }: Pick<PipelineFile, "tasks" | "source">,
  folder: string,
  root: string,
): Promise<Record<string, Json>> {
  const sources: Record<string, Json> = {};
  for (const [task, { columns }] of Object.entries(tasks)) {
    const { file, format, text, textPair, label } = columns;
    if (file === undefined) {
      sources[task] = task;
      continue;
    }
    const path = resolve(folder, file);
    const sha256 = await sha256OfFile(path).catch((cause: unknown) => {
      const { code, message } = cause as NodeJS.ErrnoException;
      const why = code === "ENOENT" ? `no file ${path}` : message;
      throw new Error(
        `${source.at(["tasks", task, "file"])}: tasks.${task}.file: expected a file, its path relative to the pipeline file, got "${file}" (${why})`,
        { cause },
      );
    });
    const shown = relative(root, path).split(sep).join("/");
    sources[task] = JSON.parse(
      JSON.stringify({ file: shown, format, text, textPair, label, sha256 }),
    ) as Json;
  }
  return sources;
}
