import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Artifact,
  type LinearPooling,
  padRows,
  type ProbeFile,
  readProbes,
  readSafetensors,
  readSplit,
} from "@sweetspot/artifact";
import { encoderParams, exitLogits, pretrainedEncoder, readCheckpoint } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrainSettings } from "../settings.ts";
import { stage } from "../stage.ts";
import { hashesOf, type TrainingCells, trainingCells } from "../testing/cells.ts";

let cells: TrainingCells;
let folder: string;
let data: Artifact;
let probe: Artifact;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "probe-stage-"));
  cells = trainingCells(folder);
  data = await cells.pairs();
  probe = await cells.probe();
});
afterAll(() => rm(folder, { recursive: true }));

const json = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(probe.path(name), "utf8"));

describe("the stage probe", () => {
  it("leaves a linear classifier for each layer and pooling, and predictions of the held-out splits", async () => {
    const { probes, examples } = (await json("probe.json")) as ProbeFile;
    expect(examples).toBe(36);
    expect(probes.map((p) => [p.exitLayer, p.pooling])).toEqual([
      [1, "mean"],
      [1, "first-token-linear"],
      [2, "mean"],
      [2, "first-token-linear"],
    ]);
    const heads = await readProbes(probe, [1, 2], "mean");
    expect(heads[2]?.weight.shape).toEqual([3, 32]);
    expect(heads[2]?.bias.shape).toEqual([3]);
    expect(await json("predictions.json")).toMatchObject({
      method: "probe",
      layers: 2,
      members: [{ exitLayers: [1, 2] }],
      splits: { calibration: { examples: 6 }, threshold: { examples: 6 }, test: { examples: 12 } },
    });
  });

  it("leaves the same bytes twice", async () => {
    expect(hashesOf(await cells.probe("again"))).toEqual(hashesOf(probe));
  });

  it("predicts what the training definition gives with its classifiers as heads", async () => {
    const { probes } = (await json("probe.json")) as ProbeFile;
    const { logits } = await readSafetensors(probe.path("test.safetensors"));
    const split = await readSplit(data, "test");
    const encoder = await pretrainedEncoder("tiny");
    const { inputIds, tokenTypeIds, attentionMask, batchSize, length } = padRows(
      split.inputIds,
      [...split.labels.keys()],
      split,
    );
    for (const [e, exitLayer] of [1, 2].entries()) {
      const of = probes.filter((p) => p.exitLayer === exitLayer);
      const [mean, first] = of.map((p) => p.crossValidation.loss) as [number, number];
      const pooling: LinearPooling = first < mean ? "first-token-linear" : "mean";
      const head = (await readProbes(probe, [exitLayer], pooling))[exitLayer];
      const weights = {
        ...(await encoder.weights(exitLayer)),
        [`exits.${exitLayer}.classifier.weight`]: head?.weight,
        [`exits.${exitLayer}.classifier.bias`]: head?.bias,
      };
      const params = Object.fromEntries(
        Object.entries(weights).map(([name, t]) => [
          name,
          tf.tensor(t?.data ?? [], [...(t?.shape ?? [])]),
        ]),
      );
      const shape: [number, number] = [batchSize, length];
      const [expected] = exitLogits(
        encoderParams(params),
        {
          inputIds: tf.tensor2d(inputIds, shape, "int32"),
          tokenTypeIds: tf.tensor2d(tokenTypeIds, shape, "int32"),
          attentionMask: tf.tensor2d(attentionMask, shape),
        },
        { config: encoder.config, exitLayers: [exitLayer], pooling },
      );
      const got = logits?.data.subarray(e * 36, (e + 1) * 36) ?? [];
      const want = expected?.dataSync() ?? [];
      expect(want).toHaveLength(36);
      // Features of size 1 times weights of size 10, summed over 32.
      for (const [i, x] of want.entries()) expect(got[i]).toBeCloseTo(x, 4);
    }
  });

  it("finds an encoder that nobody knows, and a layer past its depth", async () => {
    const { probe: probing } = await import("../stage.ts");
    const check = async (encoder: string, exitLayers: number[]) =>
      probing.check?.(await probing.settings.parseAsync({ encoder, exitLayers }));
    expect(await check("tiny", [1, 2])).toBeUndefined();
    expect((await check("tinny", [1]))?.setting).toBe("encoder");
    expect((await check("tiny", [3]))?.setting).toBe("exitLayers");
  });
});

describe("heads that start from a probe", () => {
  const heads = { start: "probe", learningRate: 1 } as const;
  /** Next to nothing is learned, so weights stay as they start. */
  const still = { learningRate: 1e-30, weightDecay: 0 };
  let runs = 0;
  const train = (changes: Partial<TrainSettings>, inputs: Record<string, string>) =>
    cells.train(`train-${runs++}`, { ...still, ...changes }, data.dir, inputs);

  it.each(["sweet", "early-exit", "multi-model", "two-stage"] as const)(
    "%s goes on from its classifiers, and publishes as a linear head",
    async (method) => {
      const trained = await train({ method, heads }, { probe: probe.dir });
      // The tiny encoder reads the first token; beside a probe there is no pooler.
      const expected = await readProbes(probe, [1, 2], "first-token-linear");
      const members = method === "multi-model" ? [[1], [2]] : [[1, 2]];
      for (const [i, exitLayers] of members.entries()) {
        const member = await readCheckpoint(join(trained.dir, `member-${i + 1}`));
        expect(member.pooling).toBe("first-token-linear");
        for (const layer of exitLayers) {
          expect(member.weights[`exits.${layer}.classifier.weight`]).toEqual(
            expected[layer]?.weight,
          );
          expect(member.weights[`exits.${layer}.classifier.bias`]).toEqual(expected[layer]?.bias);
        }
      }
    },
  );

  it("read the mean if that is asked for, and learn at a rate of their own", async () => {
    const moved = async (learningRate: number) => {
      const settings = { pooling: "mean", heads: { start: "probe", learningRate } } as const;
      const trained = await train({ ...settings, learningRate: 1e-4 }, { probe: probe.dir });
      const { weights } = await readCheckpoint(join(trained.dir, "member-1"));
      const [start] = [(await readProbes(probe, [2], "mean"))[2]];
      const bias = weights["exits.2.classifier.bias"]?.data ?? [];
      return Math.abs((bias[0] ?? NaN) - (start?.bias.data[0] ?? NaN));
    };
    const [slow, fast] = [await moved(1), await moved(30)];
    expect(slow).toBeGreaterThan(0);
    expect(fast / slow).toBeGreaterThan(10);
  });

  it("random heads read no probe", async () => {
    await expect(train({}, { probe: probe.dir })).rejects.toThrow(
      "train: heads: start is random, but the input probe is there; leave it out, or set heads: { start: probe }",
    );
  });

  it("need a probe of the same data and layers", async () => {
    await expect(train({ heads }, {})).rejects.toThrow("so the input probe is needed");
    const other = await cells.pairs("other");
    await expect(
      cells.train("elsewhere", { heads }, other.dir, { probe: probe.dir }),
    ).rejects.toThrow(
      `train: ${probe.dir} was not fitted on ${other.dir}; run the stage probe on these data`,
    );
    await expect(readProbes(probe, [3], "mean")).rejects.toThrow(
      /probe\.json: no probe of layer 3 with pooling mean; run the stage probe with this exit layer/,
    );
  });

  it.each(["first-token", "mean-pooler", "shared-pooler"])(
    "are refused with %s",
    async (pooling) => {
      const settings = { encoder: "tiny", method: "sweet", exitLayers: [1], heads, pooling };
      expect(await stage.check?.(await stage.settings.parseAsync(settings))).toEqual({
        setting: "heads",
        message: `a head that starts from a probe is linear, but the pooling ${pooling} has a pooler; choose the pooling mean or first-token-linear, or heads: { start: random }`,
      });
    },
  );
});
