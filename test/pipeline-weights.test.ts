import { existsSync } from "node:fs";
import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { openArtifact } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fakeProject, type Project } from "./fixtures/pipeline/project.ts";

// The built planner with real turbo and fake stages: what becomes of weights.

vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });
let project: Project;
beforeAll(async () => {
  project = await fakeProject();
});
afterAll(() => project.remove());

const yaml = (more: string, seeds = "[1, 2]") => `tasks: [amazon]
encoders: [tiny]
methods: [sweet]
exitLayers: [1, 2]
seeds: ${seeds}
${more}`;
const write = (name: string, text: string) =>
  project.write(`pipelines/${name}/pipeline.yaml`, text);
const artifactOf = (name: string, cell: string) =>
  join(project.dir, ".run", name, "cells", cell, "artifact");
const cell = (stage: string, seed: number) => `${stage}.amazon.tiny.sweet.${seed}`;

/** The cells whose weights are on disk, of those that make any. */
function weightsThere(name: string): string[] {
  const files = { train: "model.safetensors", export: "segment-1.onnx" };
  return Object.entries(files).flatMap(([stage, file]) =>
    [1, 2]
      .map((seed) => cell(stage, seed))
      .filter((id) => existsSync(join(artifactOf(name, id), file))),
  );
}

/** Runs a pipeline. @returns the cells that began, sorted, and all lines */
async function ran(name: string, ...args: string[]): Promise<{ begun: string[]; lines: string[] }> {
  const { code, lines, output } = await project.run(name, "--concurrency=1", ...args);
  if (code !== 0) throw new Error(output);
  const begun = lines.flatMap((line) => /^\[\d+\/\d+\] (\S+)/.exec(line)?.[1] ?? []);
  return { begun: begun.sort(), lines };
}

describe("weights", () => {
  test("go once they have been read, and their artifacts are whole without them", async () => {
    await write("gone", yaml(""));
    await ran("gone");
    expect(weightsThere("gone")).toEqual([]);
    const { missing, manifest } = await openArtifact(artifactOf("gone", cell("train", 1)));
    expect(missing).toEqual(["model.safetensors"]);
    expect(manifest.files["model.safetensors"]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await ran("gone")).begun).toEqual([]);
  });

  test("are made again if a cell needs them: it, and no other cell, runs again", async () => {
    await write("gone", yaml("predict: { batchSize: 8 }"));
    const expected = [1, 2].flatMap((seed) =>
      ["train", "export", "predict", "eval"].map((stage) => cell(stage, seed)),
    );
    const dry = await project.run("gone", "--dry");
    expect(dry.lines.at(-1)).toBe("12 cells: 9 to run, 3 cached");
    const { begun, lines } = await ran("gone");
    expect(begun).toEqual([...expected, "report"].sort());
    for (const stage of ["train", "export"])
      expect(lines).toContain(`${cell(stage, 1)}: its weights are needed and gone; it runs again`);
    expect(weightsThere("gone")).toEqual([]);
    expect((await ran("gone")).begun).toEqual([]);
  });

  test("stay if the file says so, or if their cell was asked for", async () => {
    await write("kept", yaml("keep: [export.*.1]"));
    await ran("kept");
    expect(weightsThere("kept")).toEqual([cell("export", 1)]);
    const { begun } = await ran("kept", `--filter=${cell("train", 2)}`);
    expect(begun).toEqual([cell("train", 2)]);
    expect((await ran("kept")).begun).toEqual([]);
    expect(weightsThere("kept")).toEqual([cell("train", 2), cell("export", 1)]);
  });

  test("that are kept and damaged or lost are made again", async () => {
    const file = join(artifactOf("kept", cell("export", 1)), "segment-1.onnx");
    for (const spoil of [() => appendFile(file, "spoilt"), () => rm(file)]) {
      await spoil();
      expect((await ran("kept")).begun).toEqual([cell("export", 1), cell("train", 1)]);
      await openArtifact(artifactOf("kept", cell("export", 1)));
      expect(weightsThere("kept")).toContain(cell("export", 1));
    }
  });

  test("that come out different make every cell after them run again", async () => {
    await write("changed", yaml("", "[1]"));
    await ran("changed");
    await project.write("salt", " of another machine");
    try {
      const { begun, lines } = await ran("changed", `--filter=${cell("export", 1)}`);
      expect(begun).toEqual([
        ...["eval", "export", "predict"].map((stage) => cell(stage, 1)),
        "time.amazon.tiny.sweet",
        cell("train", 1),
      ]);
      expect(lines).toContainEqual(
        expect.stringMatching(
          /^predict\S+ was made from another result of export\S+ than there is now; predict\S+ is run again$/,
        ),
      );
      const { sha256 } = await openArtifact(artifactOf("changed", cell("export", 1)));
      const { manifest } = await openArtifact(artifactOf("changed", cell("predict", 1)));
      expect(manifest.inputs["export"]).toBe(sha256);
      expect((await ran("changed")).begun).toEqual(["report"]);
      expect((await ran("changed")).begun).toEqual([]);
    } finally {
      await rm(join(project.dir, "salt"));
    }
  });

  test("are made with as many threads by a filter as by a whole run, whose bytes they must have", async () => {
    await write("threads", yaml("train: { logThreads: true }", "[1, 2, 3, 4]"));
    const threads = async (...args: string[]) => {
      const { code, lines } = await project.run("threads", ...args);
      expect(code).toBe(0);
      return lines.filter((line) => line.startsWith(`${cell("train", 1)}: threads: `));
    };
    const whole = await threads();
    expect(whole).toHaveLength(1);
    expect(await threads(`--filter=${cell("train", 1)}`)).toEqual(whole);
  });

  test("of many cells are made in batches, each deleted before the next", async () => {
    await write("batches", yaml("train: { weightBytes: 1.6e9, steps: 1 }"));
    const { code, lines } = await project.run("batches", "--concurrency=1");
    expect(code).toBe(0);
    const begun = lines.flatMap((line) => /^\[\d+\/\d+\] (\w+)/.exec(line)?.[1] ?? []);
    const combination = ["export", "predict", "train"];
    const rest = begun.filter((stage) => stage !== "data");
    const [first, second] = [rest.slice(0, 4), rest.slice(4)];
    expect(first.toSorted()).toEqual([...combination.slice(0, 2), "time", "train"]);
    expect(second.toSorted()).toEqual([
      "eval",
      "eval",
      ...combination.slice(0, 2),
      "report",
      "train",
    ]);
    expect(weightsThere("batches")).toEqual([]);
  });

  test("that the file keeps without making them are an error with file and line", async () => {
    await write("wrong", yaml("keep: [predict.*]"));
    const { code, lines } = await project.run("wrong");
    expect(code).toBe(1);
    expect(lines).toEqual([
      "pipelines/wrong/pipeline.yaml:6: keep.0: expected cells that make weights, such as export.amazon.tiny.sweet.2, got predict.*",
    ]);
  });
});

describe("clean", () => {
  test("lists weights and unused cache entries, deletes them on a yes, and never results", async () => {
    await write("old", yaml("keep: [export.*]"));
    await ran("old");
    await write("old", yaml("keep: [export.*]\neval: { thresholds: [0, 0.5] }"));
    await ran("old");
    const listed = await project.clean("old");
    expect(listed[0]).toMatch(/^of +what +last used +size +to make again$/);
    expect(listed.slice(1, -1).map((line) => line.split(/ {2,}/).slice(0, 2).join(" "))).toEqual([
      `old weights of ${cell("export", 1)}`,
      `old weights of ${cell("export", 2)}`,
    ]);
    expect(listed.at(-1)).toMatch(/^0\.0 MB in all; nothing deleted: add --yes$/);
    expect(weightsThere("old")).toHaveLength(2);
    const all = await project.clean();
    expect(all).toContainEqual(
      expect.stringMatching(
        /^turbo's cache +\d+ results that no pipeline uses as it stands +today/,
      ),
    );
    expect((await project.clean("--yes")).at(-1)).toMatch(/ deleted$/);
    expect(weightsThere("old")).toEqual([]);
    expect(existsSync(join(artifactOf("old", cell("predict", 1)), "made.json"))).toBe(true);
    expect(await project.read("runs/old/report.html")).not.toBe("");
    expect(await project.clean()).toEqual([
      "nothing to delete: .run/ holds results, and turbo's copies of them",
    ]);
  });

  test("names a pipeline that it does not know", async () => {
    await expect(project.clean("odl")).rejects.toThrow(
      /clean: \.run\/ has no pipeline "odl", did you mean "old"\?/,
    );
  });

  test("leaves recent things alone if it is asked for older ones", async () => {
    await ran("old");
    expect(await project.clean("--older=1")).toEqual([
      "nothing to delete: .run/ holds results, and turbo's copies of them",
    ]);
  });
});
