import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openArtifact, readSafetensors } from "@sweetspot/artifact";
import { compileLoop } from "@sweetspot/compile/session";
import { batchPlan } from "@sweetspot/data";
import { dropoutSites, encoderParameters, exitParameters, initialWeights } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { smallConfig, smallEncoder, smallSplit, smallTask } from "../testing/small-bert.ts";
import { objectives } from "../objectives/objectives.ts";
import { runInputs } from "./run-inputs.ts";
import { learningRateSchedule } from "./schedule.ts";
import { sweet } from "../objectives/sweet.ts";
import { initialState, stepState, weightsOf } from "../step/state-layout.ts";
import { stepInputs, trainingStep } from "../step/training-step.ts";
import { type TrainedModel, trainModel } from "./training.ts";

const table = "embeddings.word_embeddings.weight";

/** Every bit of a result. */
function bits({ weights, metrics }: TrainedModel): string {
  const hex = Object.entries(weights).map(
    ([name, { shape, data }]) =>
      `${name} ${shape.join()} ${Buffer.from(data.buffer).toString("hex")}`,
  );
  return [...hex, JSON.stringify(metrics)].join("\n");
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

/** What `smallTask` gives, trained in one piece. */
let whole: TrainedModel;
beforeAll(async () => {
  whole = await trainModel(smallTask());
});

describe("a training", () => {
  it("learns: every exit's loss falls", async () => {
    const { metrics } = await trainModel({ ...smallTask({ epochs: 8 }), objective: sweet });
    expect(metrics).toHaveLength(40);
    for (const exit of [0, 1]) {
      const losses = metrics.map((m) => m.losses[exit] ?? NaN);
      expect(mean(losses.slice(0, 3))).toBeGreaterThan(1);
      expect(mean(losses.slice(-5))).toBeLessThan(0.5);
    }
  });

  it("reports the number, epoch, learning rate, losses and gradient norm of each step, and no time", () => {
    const { metrics } = whole;
    expect(metrics.map((m) => m.step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(metrics.map((m) => m.epoch)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(metrics[0]?.learningRate).toBe(0.01);
    expect(metrics[9]?.learningRate).toBeCloseTo(0.01 / 9, 12);
    for (const m of metrics) {
      expect(Object.keys(m)).toEqual(["step", "epoch", "learningRate", "losses", "gradientNorm"]);
      expect(m.losses).toHaveLength(2);
      expect(m.gradientNorm).toBeGreaterThan(0);
    }
  });

  it("gives the same bits twice, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    expect(bits(await trainModel(smallTask()))).toBe(bits(whole));
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([1, 3, 64])("gives the same bits with at most %i steps to a run", async (stepsPerRun) => {
    expect(bits(await trainModel(smallTask(), { stepsPerRun }))).toBe(bits(whole));
  });

  it("with balanced classes, class weights change nothing; otherwise rare classes count more", async () => {
    const losses = async (rows: number, classWeights: "none" | "balanced") => {
      const task = { ...smallTask({ epochs: 1, classWeights }), split: smallSplit(rows) };
      return (await trainModel(task)).metrics.map((m) => m.losses);
    };
    expect(await losses(24, "balanced")).toEqual(await losses(24, "none"));
    expect(await losses(22, "balanced")).not.toEqual(await losses(22, "none"));
  });

  it("gives other numbers for another seed", async () => {
    const { metrics } = await trainModel(smallTask({ seed: 2, epochs: 1 }));
    expect(metrics[0]?.losses).not.toEqual(whole.metrics[0]?.losses);
  });

  it("at a learning rate of 0 gives back the encoder's first layers, with new heads of the seed's", async () => {
    const task = { ...smallTask({ learningRate: 0, seed: 4 }), exitLayers: [1] };
    const { weights } = await trainModel(task);
    const heads = exitParameters(smallConfig, [1], 3, "first-token");
    expect(Object.keys(weights)).toEqual(
      [...encoderParameters(smallConfig, 1), ...heads].map((p) => p.name),
    );
    expect(weights).toEqual({
      ...(await smallEncoder.weights(1)),
      ...initialWeights(heads, smallConfig, 4),
    });
  });

  it("updates every parameter", async () => {
    const heads = exitParameters(smallConfig, [1, 2], 3, "first-token");
    const before = { ...(await smallEncoder.weights(2)), ...initialWeights(heads, smallConfig, 1) };
    const same = Object.entries(whole.weights).filter(
      ([name, { data }]) => data.join() === before[name]?.data.join(),
    );
    expect(same).toEqual([]);
  });

  it("reads token types: other types change the losses", async () => {
    const task = smallTask({ epochs: 1 });
    const { tokenTypeIds } = task.split;
    const values = tokenTypeIds.values.map((t) => 1 - t);
    const split = { ...task.split, tokenTypeIds: { ...tokenTypeIds, values } };
    const { metrics } = await trainModel({ ...task, split });
    expect(metrics[0]?.losses).not.toEqual(whole.metrics[0]?.losses);
  });
});

describe("training only the rows of the table that occur", () => {
  /** What `trainModel` does, with every row of the table as a parameter. */
  async function withTheWholeTable(task: ReturnType<typeof smallTask>) {
    const { encoder, exitLayers, classes, split, settings } = task;
    const heads = exitParameters(smallConfig, exitLayers, classes, encoder.pooling);
    const parameters = [...encoderParameters(smallConfig), ...heads];
    const initial = {
      ...(await encoder.weights(2)),
      ...initialWeights(heads, smallConfig, settings.seed),
    };
    const { offsets } = split.inputIds;
    const lengths = Array.from(offsets.subarray(1), (end, i) => end - (offsets[i] ?? 0));
    const plan = batchPlan({ ...settings, lengths });
    const sites = dropoutSites(smallConfig, exitLayers, encoder.pooling);
    const loop = await compileLoop({
      state: stepState(parameters),
      initialState: initialState(parameters, initial),
      inputs: stepInputs(sites),
      step: trainingStep({ ...task, ...encoder, ...settings, parameters, dropoutSites: sites }),
    });
    const identity = Int32Array.from({ length: smallConfig.vocabSize }, (_, id) => id);
    const norms: number[] = [];
    const schedule = learningRateSchedule(settings, plan.length);
    for (const [step, batch] of plan.entries()) {
      const place = { firstStep: step, schedule };
      const inputs = runInputs(split, identity, sites, settings, [batch], place);
      const sizes = { B: settings.batchSize, T: batch.length };
      const [outputs] = await loop.run(inputs, sizes);
      norms.push(outputs?.["gradientNorm"]?.[0] ?? NaN);
    }
    const weights = weightsOf(parameters, await loop.state());
    await loop.dispose();
    return { weights, names: parameters.map((p) => p.name), norms };
  }

  it("gives the numbers of training all rows; those of the rest follow in closed form", async () => {
    const task = smallTask({ maxGradientNorm: "off", epochs: 4 });
    const all = await withTheWholeTable(task);
    const cut = await trainModel(task);
    const { hiddenSize: c, vocabSize } = smallConfig;
    const occurring = new Set([0, ...task.split.inputIds.values]);
    expect(occurring.size).toBe(1 + 3 + 26);
    for (const name of all.names.filter((n) => n !== table))
      expect(cut.weights[name]?.data).toEqual(all.weights[name]?.data);
    const [got, want] = [cut.weights[table]?.data, all.weights[table]?.data];
    const start = (await smallEncoder.weights(1))[table]?.data;
    for (let id = 0; id < vocabSize; id++) {
      const row = (data: ArrayLike<number> | undefined) =>
        Array.from({ length: c }, (_, i) => data?.[id * c + i] ?? NaN);
      const [mine, theirs, before] = [row(got), row(want), row(start)];
      const apart = mine.map((x, i) => Math.abs(x / (theirs[i] ?? NaN) - 1));
      // Step by step each of the 20 steps rounds to float32.
      expect(Math.max(...apart)).toBeLessThanOrEqual(
        occurring.has(id) && id > 0 ? 0 : 20 * 2 ** -24,
      );
      expect(mine.map((x, i) => x / (before[i] ?? NaN))).not.toContain(1);
    }
  });

  it("clips by the same norm", async () => {
    const { norms } = await withTheWholeTable(smallTask());
    expect(norms).toHaveLength(10);
    for (const [i, { gradientNorm }] of whole.metrics.entries())
      expect(Math.abs(gradientNorm / (norms[i] ?? NaN) - 1)).toBeLessThan(1e-6);
  });
});

describe("checkpoints", () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "train-")), "checkpoint");
  });
  afterEach(() => rm(join(folder, ".."), { recursive: true }));

  /** Trains two steps to a run, if nothing else is said with a checkpoint for each. */
  async function train(task = smallTask(), identity = "one", everyMs: number | undefined = 0) {
    const lines: string[] = [];
    const interval = everyMs === undefined ? {} : { everyMs };
    const result = await trainModel(task, {
      stepsPerRun: 2,
      checkpoints: { folder, identity, ...interval },
      log: (line) => lines.push(line),
    });
    return { bits: bits(result), resumed: lines.filter((l) => l.startsWith("resumed")) };
  }
  const stateOf = async () => {
    const artifact = await openArtifact(folder);
    const tensors = await readSafetensors(artifact.path("state.safetensors"));
    const metrics = await readFile(artifact.path("metrics.jsonl"), "utf8");
    return {
      step: artifact.manifest.facts["step"],
      tensors,
      lines: metrics.split("\n").length - 1,
    };
  };

  it("are resumed: the end is that of a training never stopped", async () => {
    const first = await train();
    expect(first).toEqual({ bits: bits(whole), resumed: [] });
    const { step, lines } = await stateOf();
    expect(step).toBeGreaterThan(5);
    expect(lines).toBe(step);
    const second = await train();
    expect(second).toEqual({ bits: bits(whole), resumed: [`resumed at step ${step} of 10`] });
  });

  it.each(["two-stage", "sweet-distilled", "sweet-rates", "alternating"] as const)(
    "are resumed where steps differ from each other: %s",
    async (method) => {
      const objective = objectives[method];
      const teacher = Float32Array.from({ length: 23 * 3 }, (_, i) => ((7 * i) % 11) / 4);
      const task = { ...smallTask(), objective, ...(objective.teacher && { teacher }) };
      const uninterrupted = bits(await trainModel(task));
      expect(uninterrupted).not.toBe(bits(whole));
      await train(task);
      const { step } = await stateOf();
      expect(await train(task)).toEqual({
        bits: uninterrupted,
        resumed: [`resumed at step ${step} of 10`],
      });
    },
  );

  it("of other work, or such as do not fit the model, are not resumed", async () => {
    await train();
    expect(await train(smallTask(), "two")).toEqual({ bits: bits(whole), resumed: [] });
    const shallow = { ...smallTask(), exitLayers: [1] };
    expect(await train(shallow, "two")).toMatchObject({ resumed: [] });
  });

  it("that are damaged are as good as none", async () => {
    await train();
    for (const file of ["manifest.json", "state.safetensors"]) {
      const bytes = await readFile(join(folder, file));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(join(folder, file), bytes);
      expect(await train()).toEqual({ bits: bits(whole), resumed: [] });
    }
  });

  it("wait for their interval", async () => {
    await trainModel(smallTask({ epochs: 1 }), { checkpoints: { folder, identity: "one" } });
    await expect(openArtifact(folder)).rejects.toThrow("not an artifact");
  });

  describe("where a number is not finite", () => {
    /**
     * A task whose loss is NaN at a step of the first epoch and not before: a token that one text of
     * that step's batch has, and no other, is NaN in the encoder's table. Runs hold two steps.
     */
    function poisoned(step: number) {
      const task = smallTask({ learningRate: 0.5 });
      const split = smallSplit(23, () => 7);
      const plan = batchPlan({ ...task.settings, lengths: split.labels.map(() => 7) });
      split.inputIds.values[7 * (plan[step]?.indices[0] ?? 0) + 2] = 40;
      const weights = async () => {
        const all = await smallEncoder.weights(1);
        all[table]?.data.fill(NaN, 40 * smallConfig.hiddenSize);
        return all;
      };
      return { ...task, split, exitLayers: [1], encoder: { ...smallEncoder, weights } };
    }

    it("the training stops, says at which step and what to change", async () => {
      await expect(trainModel(poisoned(2))).rejects.toThrow(
        /^training: expected finite numbers, got losses NaN, gradient norm NaN at step 3 of 10; lower learningRate \(now 0.5\) or maxGradientNorm \(now 1\)$/,
      );
      const tooFast = { ...smallTask({ learningRate: 1e30, warmupRatio: 0 }), exitLayers: [1] };
      await expect(trainModel(tooFast)).rejects.toThrow("NaN at step 2 of 10");
    });

    it("a state that has given no finite loss is not kept", async () => {
      await expect(train(poisoned(2))).rejects.toThrow(/at step 3 of 10; [^;]*$/);
      await expect(openArtifact(folder)).rejects.toThrow("not an artifact");
    });

    it.each([
      ["in the middle of a run: the state that the run began with", 3, 0],
      ["so too before the interval has passed", 3, undefined],
      ["at the beginning of a run: the one before it", 4, 0],
    ])("the last good checkpoint is kept, %s", async (_, step, everyMs) => {
      const failed = train(poisoned(step), "one", everyMs);
      await expect(failed).rejects.toThrow(`; the checkpoint of step 2 is kept in ${folder}`);
      const kept = await stateOf();
      expect([kept.step, kept.lines]).toEqual([2, 2]);
      // The next run resumes there and fails in the same way.
      await expect(train(poisoned(step))).rejects.toThrow(
        `at step ${step + 1} of 10; lower learningRate (now 0.5) or maxGradientNorm (now 1); the checkpoint of step 2 is kept`,
      );
    });
  });
});

describe("bad input", () => {
  it.each([
    [[1, 3], "exitLayers: expected layers from 1 to 2, the encoder's depth, got 3"],
    [[0, 2], "exitLayers: expected layers from 1 to 2, the encoder's depth, got 0"],
    [[2, 2], "exitLayers: must rise, each layer once, got 2, 2"],
    [[], "exitLayers: expected one layer or more, got none"],
  ])("exit layers %j", async (exitLayers, message) => {
    await expect(trainModel({ ...smallTask(), exitLayers })).rejects.toThrow(message);
  });

  it("a label past the classes", async () => {
    await expect(trainModel({ ...smallTask(), classes: 2 })).rejects.toThrow(
      "training: labels must be from 0 to 1, one for each class, got 2",
    );
  });

  it("a token id that the encoder's vocabulary does not have", async () => {
    const split = smallSplit(23);
    split.inputIds.values[7] = 41;
    await expect(trainModel({ ...smallTask(), split })).rejects.toThrow(
      "token id 41: outside of the encoder's vocabulary of 41; run the stage data with this encoder",
    );
  });

  it("a text longer than the encoder reads", async () => {
    const task = smallTask();
    const config = { ...smallConfig, maxPositionEmbeddings: 10 };
    await expect(trainModel({ ...task, encoder: { ...smallEncoder, config } })).rejects.toThrow(
      "training: the encoder reads up to 10 tokens, a text has 11",
    );
  });

  it("no text at all", async () => {
    await expect(trainModel({ ...smallTask(), split: smallSplit(0) })).rejects.toThrow(
      "batchPlan: expected at least one row, got none",
    );
  });
});
