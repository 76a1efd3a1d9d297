import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Artifact, didYouMean, openArtifact, parse } from "@sweetspot/artifact";
import { z } from "zod";

/** A finished combination of a pipeline: one task, encoder, method and seed. */
export interface Combination {
  /** `TASK.ENCODER.METHOD.SEED`. */
  id: string;
  task: string;
  encoder: string;
  method: string;
  seed: number;
  data: Artifact;
  train: Artifact;
  exported: Artifact;
  evaluated: Artifact;
}

const cellSchema = z.looseObject({
  settings: z.unknown(),
  inputs: z.record(z.string(), z.string()),
});
const reportSchema = z.looseObject({
  settings: z.looseObject({
    cells: z.array(
      z.looseObject({
        input: z.string(),
        task: z.string(),
        encoder: z.string(),
        method: z.string(),
        seed: z.int(),
      }),
    ),
  }),
});

/**
 * Opens a combination's artifacts, and checks that each was made from the others.
 *
 * @param root the project's folder
 * @param id needed if the pipeline has several
 * @throws RangeError if there is no such pipeline or combination; Error with the command to run if it
 *   has not been run since the pipeline was changed, or its weights are gone
 */
export async function openCombination(
  root: string,
  pipeline: string,
  id: string | undefined,
): Promise<Combination> {
  const cells = join(root, ".run", pipeline, "cells");
  const run = `run: npx turbo run pipeline -- ${pipeline}`;
  const report = join(cells, "report", "cell.json");
  if (!existsSync(report)) {
    const known = await pipelines(root);
    if (!known.includes(pipeline))
      throw new RangeError(`push: no pipeline "${pipeline}", ${didYouMean(pipeline, known)}`);
    throw new Error(`push: the pipeline ${pipeline} has not been run yet; ${run}`);
  }
  const all = (await readJson(report, reportSchema)).settings.cells.map((cell) => ({
    ...cell,
    id: cell.input.replace(/^eval\./, ""),
  }));
  const ids = all.map((c) => c.id);
  if (id === undefined && all.length > 1) {
    throw new RangeError(
      [
        `push: ${pipeline} has ${all.length} combinations; name one, as in ${pipeline}/${ids[0]}:`,
        ...ids,
      ].join("\n  "),
    );
  }
  const found = id === undefined ? all[0] : all.find((c) => c.id === id);
  if (found === undefined)
    throw new RangeError(
      `push: ${pipeline} has no combination "${id ?? ""}", ${didYouMean(id ?? "", ids)}`,
    );
  const opened = new Map<string, Artifact>();
  const evaluated = await openCell(cells, found.input, opened, run);
  const part = (stage: string): Artifact => {
    const [, artifact] = [...opened].find(([cell]) => cell.startsWith(`${stage}.`)) ?? [];
    if (artifact === undefined) throw new Error(`push: ${found.input} reads no ${stage}; ${run}`);
    return artifact;
  };
  const cell = found.input.replace(/^eval\./, "train.");
  if (part("train").missing.length > 0)
    throw new Error(
      `push: the weights of ${cell} are gone, because every cell that reads them has run; make them again: npx turbo run pipeline -- ${pipeline} --filter=${cell}`,
    );
  const { task, encoder, method, seed } = found;
  const parts = { data: part("data"), train: part("train"), exported: part("export") };
  return { id: found.id, task, encoder, method, seed, ...parts, evaluated };
}

/** The pipelines in `pipelines/`, and those that were run from elsewhere. */
async function pipelines(root: string): Promise<string[]> {
  const names = async (folder: string, file: string) => {
    const entries = await readdir(join(root, folder)).catch((): string[] => []);
    return entries.filter((name) => existsSync(join(root, folder, name, file)));
  };
  const known = [
    ...(await names("pipelines", "pipeline.yaml")),
    ...(await names(".run", join("cells", "report", "cell.json"))),
  ];
  return [...new Set(known)].sort();
}

/** Opens a cell and everything it reads, and checks that each was made with the planned settings and inputs. */
async function openCell(
  cells: string,
  cell: string,
  opened: Map<string, Artifact>,
  run: string,
): Promise<Artifact> {
  const before = opened.get(cell);
  if (before !== undefined) return before;
  const plan = await readJson(join(cells, cell, "cell.json"), cellSchema);
  const folder = join(cells, cell, "artifact");
  if (!existsSync(join(folder, "manifest.json")))
    throw new Error(`push: the cell ${cell} has not been run yet; ${run}`);
  const artifact = await openArtifact(folder);
  const inputs: Record<string, string> = {};
  for (const [name, path] of Object.entries(plan.inputs)) {
    const [, input = ""] = path.split("/");
    inputs[name] = (await openCell(cells, input, opened, run)).sha256;
  }
  const { manifest } = artifact;
  if (
    !isDeepStrictEqual(manifest.inputs, inputs) ||
    !isDeepStrictEqual(manifest.settings, plan.settings)
  )
    throw new Error(`push: the cell ${cell} was planned again and has not been run since; ${run}`);
  opened.set(cell, artifact);
  return artifact;
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  return parse(schema, JSON.parse(await readFile(file, "utf8")), file);
}
