import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Artifact, dropWeights } from "./folder/folder.ts";
import { runStage, settingProblem, type Stage, type StageContext } from "./stage.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stage-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Settings {
  size: number;
  name: string;
}

/** A stage that writes its size; what else it does is up to the test. */
function stageThat(
  run: (context: StageContext<Settings>) => unknown = () => undefined,
  reads: Stage<Settings>["reads"] = [],
): Stage<Settings> {
  return {
    name: "sizes",
    settings: z.strictObject({ size: z.int().positive(), name: z.string().default("none") }),
    reads,
    async run(context) {
      await writeFile(join(context.output, "size.txt"), String(context.settings.size));
      await run(context);
      return { size: context.settings.size };
    },
  };
}

function source(name: string, size = 1): Promise<Artifact> {
  return runStage(stageThat(), { settings: { size }, inputs: {}, output: join(folder, name) });
}

describe("runStage", () => {
  it("gives the stage its settings with defaults, and keeps its output", async () => {
    const lines: string[] = [];
    const artifact = await runStage(
      stageThat(({ settings, log }) => log(`${settings.name} ${settings.size}`)),
      { settings: { size: 3 }, inputs: {}, output: join(folder, "out"), log: (l) => lines.push(l) },
    );
    expect(lines).toEqual(["none 3"]);
    expect(artifact.manifest).toMatchObject({
      stage: "sizes",
      settings: { size: 3, name: "none" },
      inputs: {},
      facts: { size: 3 },
    });
    expect(await readFile(artifact.path("size.txt"), "utf8")).toBe("3");
    expect(await readdir(folder)).toEqual(["out"]);
  });

  it("opens its inputs, and records their hashes in the manifest", async () => {
    const [a, b] = [await source("a", 5), await source("b", 7)];
    let sum = 0;
    const adding = stageThat(
      async ({ inputs }) => {
        for (const input of Object.values(inputs))
          sum += Number(await readFile(input.path("size.txt"), "utf8"));
      },
      ["left", "right"],
    );
    const artifact = await runStage(adding, {
      settings: { size: 1 },
      inputs: { right: b.dir, left: a.dir },
      output: join(folder, "out"),
    });
    expect(sum).toBe(12);
    expect(Object.entries(artifact.manifest.inputs)).toEqual([
      ["left", a.sha256],
      ["right", b.sha256],
    ]);
  });

  it("refuses an input whose weights it reads and that are gone; others may lack theirs", async () => {
    const trains = { ...stageThat(), weights: ["size.txt"] };
    const output = join(folder, "a");
    const { dir } = await runStage(trains, { settings: { size: 5 }, inputs: {}, output });
    await dropWeights(dir);
    const call = { settings: { size: 1 }, inputs: { left: dir }, output: join(folder, "out") };
    await expect(
      runStage({ ...stageThat(undefined, ["left"]), readsWeightsOf: ["left"] }, call),
    ).rejects.toThrow(
      /size\.txt: is missing\. A pipeline deletes weights once every cell that reads them has run/,
    );
    await runStage(stageThat(undefined, ["left"]), call);
  });

  it("takes any inputs if the stage reads any", async () => {
    const a = await source("a");
    const artifact = await runStage(stageThat(undefined, "any"), {
      settings: { size: 1 },
      inputs: { whatever: a.dir },
      output: join(folder, "out"),
    });
    expect(artifact.manifest.inputs).toEqual({ whatever: a.sha256 });
  });

  it("gives the same bytes for the same settings and inputs, in any order", async () => {
    const [a, b] = [await source("a"), await source("b")];
    const reading = stageThat(undefined, ["x", "y"]);
    const call = (inputs: Record<string, string>, output: string) =>
      runStage(reading, { settings: { size: 1 }, inputs, output: join(folder, output) });
    const first = await call({ x: a.dir, y: b.dir }, "one");
    const second = await call({ y: b.dir, x: a.dir }, "two");
    expect(second.sha256).toBe(first.sha256);
  });

  it.each<[string, readonly string[] | "any", Record<string, string>, string]>([
    [
      "a missing input",
      ["data", "train"],
      { data: "a" },
      "stage sizes: expected the inputs data, train, got data",
    ],
    ["one too many", [], { data: "a" }, "stage sizes: expected the inputs (none), got data"],
    ["another name", ["data"], { dat: "a" }, "expected the inputs data, got dat"],
    ["none at all", ["data"], {}, "expected the inputs data, got (none)"],
  ])("refuses %s, and leaves nothing", async (_, reads, inputs, message) => {
    await expect(
      runStage(stageThat(undefined, reads), {
        settings: { size: 1 },
        inputs,
        output: join(folder, "out"),
      }),
    ).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses settings that break the schema, and leaves nothing", async () => {
    const call = (settings: unknown) =>
      runStage(stageThat(), { settings, inputs: {}, output: join(folder, "out") });
    await expect(call({ size: 0 })).rejects.toThrow(/^stage sizes: size: .*, got 0$/);
    await expect(call({ size: 1, nmae: "x" })).rejects.toThrow(
      'unknown key "nmae", did you mean "name"?',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses a problem that the stage's own check finds, and leaves nothing", async () => {
    const checking: Stage<Settings> = {
      ...stageThat(),
      check: ({ size, name }) =>
        settingProblem("size", () => {
          if (size > 5) throw new RangeError(`too large for ${name}`);
        }),
    };
    const call = (size: number) =>
      runStage(checking, { settings: { size }, inputs: {}, output: join(folder, "out") });
    await expect(call(6)).rejects.toThrow(new RangeError("stage sizes: size: too large for none"));
    expect(await readdir(folder)).toEqual([]);
    expect((await call(5)).manifest.facts).toEqual({ size: 5 });
  });

  it("refuses an input whose files have changed", async () => {
    const a = await source("a");
    await writeFile(a.path("size.txt"), "9");
    await expect(
      runStage(stageThat(undefined, ["data"]), {
        settings: { size: 1 },
        inputs: { data: a.dir },
        output: join(folder, "out"),
      }),
    ).rejects.toThrow("size.txt: its sha256 no longer matches the manifest");
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("keeps the scratch folder of a failed run for the next one, which removes it", async () => {
    const output = join(folder, "out");
    const found: string[] = [];
    const failing = stageThat(async ({ scratch, cellSha256 }) => {
      await writeFile(join(scratch, "checkpoint"), cellSha256);
      throw new Error("out of luck");
    });
    await expect(runStage(failing, { settings: { size: 1 }, inputs: {}, output })).rejects.toThrow(
      "out of luck",
    );
    expect(await readdir(folder)).toEqual(["out.scratch"]);
    const resuming = stageThat(async ({ scratch, cellSha256 }) => {
      found.push(await readFile(join(scratch, "checkpoint"), "utf8"), cellSha256);
    });
    await runStage(resuming, { settings: { size: 1 }, inputs: {}, output });
    expect(found[0]).toBe(found[1]);
    expect(existsSync(join(folder, "out.scratch"))).toBe(false);
  });

  it("gives cells that differ in settings or in input content different hashes", async () => {
    const cells: string[] = [];
    const recording = stageThat(({ cellSha256 }) => cells.push(cellSha256), ["data"]);
    const [a, same, other] = [await source("a"), await source("same"), await source("other", 2)];
    for (const [size, input] of [
      [1, a],
      [1, same],
      [2, a],
      [1, other],
    ] as const)
      await runStage(recording, {
        settings: { size },
        inputs: { data: input.dir },
        output: join(folder, "out"),
      });
    expect(cells[1]).toBe(cells[0]);
    expect(new Set(cells).size).toBe(3);
  });

  it("says what to do if it cannot write", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(
      runStage(stageThat(), {
        settings: { size: 1 },
        inputs: {},
        output: join(folder, "file", "out"),
      }),
    ).rejects.toThrow("part of the path is a file, not a folder");
  });
});
