import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Artifact, openArtifact, writeArtifact } from "@sweetspot/artifact";
import { readCheckpoint } from "@sweetspot/model";
import type { StepMetrics } from "./loop/training-state.ts";
import type { TrainSettings } from "./settings.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashesOf, type TrainingCells, trainingCells } from "./testing/cells.ts";

let cells: TrainingCells;
let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "train-stage-"));
  cells = trainingCells(folder);
  data = (await cells.pairs()).dir;
});
afterAll(() => rm(folder, { recursive: true }));

let runs = 0;
const train = (changes: Partial<TrainSettings> = {}, input = data): Promise<Artifact> =>
  cells.train(`train-${runs++}`, changes, input);

describe("the stage train", () => {
  it("leaves a checkpoint of each model, its metrics, and the order in which they are asked", async () => {
    const trained = await train();
    expect(Object.keys(trained.manifest.files).sort()).toEqual([
      "cascade.json",
      "member-1/config.json",
      "member-1/metrics.jsonl",
      "member-1/model.safetensors",
    ]);
    expect(JSON.parse(await readFile(trained.path("cascade.json"), "utf8"))).toEqual({
      method: "sweet",
      layers: 2,
      members: [{ folder: "member-1", exitLayers: [1, 2] }],
    });
    expect(trained.manifest.facts).toEqual({ method: "sweet", members: 1, trainingExamples: 36 });
    const checkpoint = await readCheckpoint(join(trained.dir, "member-1"));
    expect(checkpoint.labels).toEqual(["agrees", "differs", "neither"]);
    expect(checkpoint.exitLayers).toEqual([1, 2]);
    expect(checkpoint.config.numHiddenLayers).toBe(2);
    expect(checkpoint.weights["exits.2.classifier.weight"]?.shape).toEqual([3, 32]);
    const metrics = (await readFile(trained.path("member-1/metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as StepMetrics);
    expect(metrics.map((m) => m.step)).toEqual([0, 1, 2, 3, 4]);
    // Three classes, untrained.
    expect(metrics[0]?.losses[0]).toBeCloseTo(Math.log(3), 1);
    // What a resume would need is gone.
    expect((await readdir(folder)).filter((f) => f.includes("scratch"))).toEqual([]);
  });

  it("leaves the same bytes twice, and others for another seed", async () => {
    const [a, b, c] = [await train(), await train(), await train({ seed: 2 })];
    expect(b.sha256).toBe(a.sha256);
    expect(hashesOf(b)).toEqual(hashesOf(a));
    expect(hashesOf(c)["member-1/model.safetensors"]).not.toBe(
      hashesOf(a)["member-1/model.safetensors"],
    );
  });

  it("multi-model: each member is what training its layers alone gives", async () => {
    const cascade = await train({ method: "multi-model" });
    expect(JSON.parse(await readFile(cascade.path("cascade.json"), "utf8"))).toEqual({
      method: "multi-model",
      layers: 2,
      members: [
        { folder: "member-1", exitLayers: [1] },
        { folder: "member-2", exitLayers: [2] },
      ],
    });
    for (const [i, exitLayers] of [[1], [2]].entries()) {
      const alone = await train({ method: "early-exit", exitLayers });
      for (const file of ["model.safetensors", "config.json", "metrics.jsonl"])
        expect(hashesOf(cascade)[`member-${i + 1}/${file}`]).toBe(
          hashesOf(alone)[`member-1/${file}`],
        );
    }
  });
});

describe("bad input is refused, and nothing is left", () => {
  /** The data artifact with some files changed, its manifest in order. */
  async function dataWith(change: (copy: string) => Promise<unknown>): Promise<string> {
    const { manifest } = await openArtifact(data);
    const output = join(folder, `data-${runs++}`);
    await writeArtifact(output, manifest, async (copy) => {
      await cp(data, copy, { recursive: true });
      await rm(join(copy, "manifest.json"));
      await change(copy);
      return manifest.facts;
    });
    return output;
  }
  /** The error, and what it left beside the folder for a resume. */
  const refusal = async (changes: Partial<TrainSettings>, input = data) => {
    const name = `train-${runs}`;
    const error = await train(changes, input).then(
      () => "none",
      (e: Error) => e.message,
    );
    const left = (await readdir(folder)).filter((f) => f.startsWith(name));
    return { error, left: left.filter((f) => f !== `${name}.scratch`) };
  };
  const refused = (message: string) => ({
    error: expect.stringContaining(message) as string,
    left: [],
  });

  it("an encoder that nobody knows", async () => {
    expect(await refusal({ encoder: "tinny" })).toEqual(
      refused('stage train: encoder: encoder "tinny": unknown, did you mean "tiny"?'),
    );
  });

  it("an exit layer past the encoder's depth", async () => {
    expect(await refusal({ exitLayers: [1, 3] })).toEqual(
      refused('exitLayers: expected layers from 1 to 2, the depth of the encoder "tiny", got 3'),
    );
  });

  it.each([
    [{ exitLayers: [0, 1] }, "stage train: exitLayers.0: "],
    [{ exitLayers: [2, 2] }, "stage train: exitLayers: must rise, each layer once"],
    [{ exitLayers: [] }, "stage train: exitLayers: "],
    [{ warmupRatio: 1.5 }, "stage train: warmupRatio: "],
    [{ maxGradientNorm: 0 }, "stage train: maxGradientNorm: "],
    [{ learningRate: NaN }, "stage train: learningRate: "],
    [{ method: "sweat" as "sweet" }, "stage train: method: "],
    [
      { learningrate: 1 } as object,
      'stage train: unknown key "learningrate", did you mean "learningRate"?',
    ],
  ])("settings that break the schema: %j", async (changes, message) => {
    expect(await refusal(changes)).toEqual(refused(message));
  });

  it("data without label names", async () => {
    const input = await dataWith((copy) => rm(join(copy, "labels.json")));
    expect(await refusal({}, input)).toEqual(
      refused(`${input}: no file "labels.json" in the manifest`),
    );
  });

  it("label names that are none", async () => {
    const input = await dataWith((copy) => writeFile(join(copy, "labels.json"), "[1, 2]"));
    expect(await refusal({}, input)).toEqual(refused(`${join(input, "labels.json")}: 0: `));
  });

  it("data without a training split", async () => {
    const input = await dataWith((copy) => rm(join(copy, "train.safetensors")));
    expect(await refusal({}, input)).toEqual(
      refused(`${input}: no file "train.safetensors" in the manifest`),
    );
  });

  it("data of another vocabulary", async () => {
    const input = await dataWith(async (copy) => {
      const file = join(copy, "tokenizer.json");
      await writeFile(file, (await readFile(file, "utf8")).replace('"the":', '"zthe":'));
    });
    expect(await refusal({}, input)).toEqual(
      refused(
        `${join(input, "tokenizer.json")}: expected the tokenizer of the encoder "tiny", got another; run the stage data with this encoder`,
      ),
    );
  });

  it("fewer label names than the data have labels", async () => {
    const input = await dataWith((copy) => writeFile(join(copy, "labels.json"), '["a", "b"]'));
    expect(await refusal({}, input)).toEqual(
      refused("training: labels must be from 0 to 1, one for each class, got 2"),
    );
  });
});
