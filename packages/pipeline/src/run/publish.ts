import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError, openArtifact, parse, replaceFolder } from "@sweetspot/artifact";
import { z } from "zod";

/**
 * Copies a report, and the study if there is one, to the folder where users look for them, completely or
 * not at all. The study goes into the subfolder `study`.
 *
 * @throws Error if an artifact is damaged, or `target` cannot be written
 */
export async function publish(report: string, target: string, study?: string): Promise<void> {
  const files: Record<string, string> = {};
  const parts: [artifact: string, folder: string][] = [[report, ""]];
  if (study !== undefined) parts.push([study, "study"]);
  for (const [artifact, folder] of parts) {
    const { manifest } = await openArtifact(artifact);
    for (const file of [...Object.keys(manifest.files), "manifest.json"])
      files[join(folder, file)] = join(artifact, file);
  }
  await copyFiles(target, files);
}

/** The part of `study.json` that is read here. */
const studySchema = z.looseObject({ figures: z.array(z.string().regex(/^[\w-]+$/)) });

/**
 * Copies the results of a study that are kept: `NAME.json`, one value per line, and its figures as SVG
 * files in the folder `NAME`.
 *
 * @param artifact the artifact of the stage `study`
 * @returns the path of `NAME.json`
 * @throws Error if the artifact is damaged or has no numbers, or the folder cannot be written
 */
export async function publishStudy(
  artifact: string,
  folder: string,
  name: string,
): Promise<string> {
  const { path } = await openArtifact(artifact);
  const study = path("study.json");
  const json: unknown = JSON.parse(await readFile(study, "utf8"));
  const figures = parse(studySchema, json, study).figures.map((figure) => `${figure}.svg`);
  const target = join(folder, `${name}.json`);
  const copied = figures.map((file) => [file, path(`figures/${file}`)]);
  await copyFiles(join(folder, name), Object.fromEntries(copied));
  try {
    // One value per line, so that a diff shows what a later run changes.
    await writeFile(`${target}.tmp`, `${JSON.stringify(json, undefined, 1)}\n`);
    await rename(`${target}.tmp`, target);
  } catch (cause) {
    throw diskError(`cannot write ${target}`, cause);
  }
  return target;
}

/** @param files names in the copy -> paths of the originals */
function copyFiles(target: string, files: Readonly<Record<string, string>>): Promise<void> {
  return replaceFolder(target, async (temporary) => {
    for (const [file, from] of Object.entries(files)) {
      await mkdir(dirname(join(temporary, file)), { recursive: true });
      await copyFile(from, join(temporary, file));
    }
  });
}
