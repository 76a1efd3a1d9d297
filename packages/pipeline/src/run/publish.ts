import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError, openArtifact, parse, replaceFolder } from "@sweetspot/artifact";
import { z } from "zod";

/**
 * Copies an artefact, checked, to the folder where a person looks for it: whole or not at all.
 *
 * @returns the copy's files, as the manifest names them
 * @throws Error if the artefact is not whole, or `target` cannot be written
 */
export async function publish(artifact: string, target: string): Promise<string[]> {
  const { manifest } = await openArtifact(artifact);
  const files = Object.keys(manifest.files);
  await copyFiles(target, artifact, { ...named(files), "manifest.json": "manifest.json" });
  return files;
}

/** What of `study.json` is read here. */
const studySchema = z.looseObject({ figures: z.array(z.string().regex(/^[\w-]+$/)) });

/**
 * Copies what a report says of a study to where results are kept: `NAME.json`, a value to a line, and
 * its figures as SVG files in the folder `NAME`.
 *
 * @param artifact a report's that has `study.json`
 * @returns the path of `NAME.json`
 * @throws Error if the artefact is not whole or has none, or the folder cannot be written
 */
export async function publishStudy(
  artifact: string,
  folder: string,
  name: string,
): Promise<string> {
  const report = await openArtifact(artifact);
  if (report.manifest.files["study.json"] === undefined) {
    throw new RangeError(
      `${artifact}: expected study.json for the results, got none; set report: { claims: true }`,
    );
  }
  const study = report.path("study.json");
  const json: unknown = JSON.parse(await readFile(study, "utf8"));
  const figures = parse(studySchema, json, study).figures.map((figure) => `${figure}.svg`);
  const target = join(folder, `${name}.json`);
  const copied = Object.fromEntries(figures.map((file) => [file, join("figures", file)]));
  await copyFiles(join(folder, name), artifact, copied);
  try {
    // A value to a line: what a later run changes can be read as a difference.
    await writeFile(`${target}.tmp`, `${JSON.stringify(json, undefined, 1)}\n`);
    await rename(`${target}.tmp`, target);
  } catch (cause) {
    throw diskError(`cannot write ${target}`, cause);
  }
  return target;
}

/** @param files their names in the copy -> their paths in `from` */
function copyFiles(
  target: string,
  from: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  return replaceFolder(target, async (temporary) => {
    for (const [file, path] of Object.entries(files)) {
      await mkdir(dirname(join(temporary, file)), { recursive: true });
      await copyFile(join(from, path), join(temporary, file));
    }
  });
}

function named(files: readonly string[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file, file]));
}
