import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeArtifact } from "../folder/folder.ts";
import { readGradientConflict } from "./gradient-conflict.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "conflict-"));
});
afterEach(() => rm(dir, { recursive: true }));

const conflict = (steps: number) => ({
  format: "sweetspot-gradient-conflict-1",
  steps,
  pairs: [{ layer: 0, exits: [1, 2], cosine: -0.25, conflicts: 0.75 }],
  alignments: [{ layer: 0, exit: 1, cosine: 0.5 }],
});

/** A training artifact with one model for each file. */
const training = (files: readonly unknown[]) =>
  writeArtifact(
    join(dir, "train"),
    { stage: "train", settings: {}, inputs: {} },
    async (output) => {
      for (const [i, file] of files.entries()) {
        const folder = join(output, `member-${i + 1}`);
        await mkdir(folder);
        await writeFile(join(folder, "gradient-conflict.json"), JSON.stringify(file));
      }
      return {};
    },
  );

it("is read for every model; undefined if the training measured nothing", async () => {
  expect(await readGradientConflict(await training([conflict(3), conflict(5)]))).toEqual([
    conflict(3),
    conflict(5),
  ]);
  expect(await readGradientConflict(await training([]))).toBeUndefined();
});

it("a share above 1 is an error that names the file", async () => {
  const bad = { ...conflict(3), pairs: [{ layer: 0, exits: [1, 2], cosine: 0, conflicts: 1.5 }] };
  await expect(readGradientConflict(await training([bad]))).rejects.toThrow(
    /gradient-conflict\.json: pairs\.0\.conflicts: /,
  );
});
