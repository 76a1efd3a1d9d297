// The same training on another device.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileLoop, type SessionOptions } from "@sweetspot/compile/session";
import { pretrainedEncoder } from "@sweetspot/model";
import { objectives, trainModel } from "@sweetspot/train";
import {
  arrangement,
  learningRateSchedule,
  runInputs,
  stepLoop,
  twoWords,
} from "@sweetspot/train/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoWebgpu } from "@sweetspot/compile/testing";

const webgpuProblem = await whyNoWebgpu();

const exitLayers = [1, 2];
const settings = {
  seed: 3,
  epochs: 1,
  batchSize: 4,
  learningRate: 0.01,
  warmupRatio: 0.2,
  weightDecay: 0.1,
  maxGradientNorm: 0.5,
} as const;

describe.skipIf(webgpuProblem)("on webgpu", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "devices-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(["early-exit", "sweet"] as const)(
    "five steps have the CPU's losses, however many steps a run takes: %s",
    async (method) => {
      const split = twoWords(20);
      // No dropout: masks are made in different places. The test below compares a step with masks.
      const { config, ...rest } = await pretrainedEncoder("tiny");
      const encoder = {
        ...rest,
        config: { ...config, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 },
      };
      const task = { encoder, objective: objectives[method], exitLayers, classes: 2, split };
      const numbers = async (device: "cpu" | "webgpu", stepsPerRun: number) => {
        const { metrics, weights } = await trainModel(
          { ...task, settings: { ...settings, device } },
          { stepsPerRun },
        );
        const steps = metrics.map((m) => [...m.losses, m.gradientNorm]);
        return { steps: steps.flat(), weights };
      };
      const [cpu, gpu, single] = [
        await numbers("cpu", 3),
        await numbers("webgpu", 3),
        await numbers("webgpu", 1),
      ];
      expect(cpu.steps).toHaveLength(15);
      // A device approximates exp, erf and tanh differently, and the differences add up over the steps.
      const apart = cpu.steps.map((x, i) => Math.abs((gpu.steps[i] ?? NaN) / x - 1));
      expect(Math.max(...apart)).toBeLessThan(2e-3);
      expect(single).toEqual(gpu);
    },
  );

  it("a step with dropout has the CPU's losses, and only shape arithmetic runs on the CPU", async () => {
    const split = twoWords(4);
    const encoder = await pretrainedEncoder("tiny");
    const { masks } = arrangement({ device: "webgpu" });
    const objective = objectives["early-exit"];
    const about = { exitLayers, classes: 2, objective, masks };
    const { definition, sites } = await stepLoop(encoder, about);
    const index = Int32Array.from({ length: encoder.config.vocabSize }, (_, i) => i);
    const batch = { indices: Int32Array.of(0, 1, 2, 3), length: 7, epoch: 0 };
    const place = { firstStep: 0, schedule: learningRateSchedule(settings, 1), masks };
    const inputs = runInputs(split, index, sites, settings, [batch], place);
    const losses = async (options: SessionOptions) => {
      const loop = await compileLoop(definition, options);
      const [outputs] = await loop.run(inputs, { B: 4, T: 7 });
      await loop.dispose();
      return [...(outputs?.["losses"] ?? [])];
    };
    const onDevice = await losses({ device: "webgpu", profile: join(folder, "step") });
    expect(onDevice.map((x) => x.toFixed(3))).toEqual(
      (await losses({ device: "cpu" })).map((x) => x.toFixed(3)),
    );
    const [file = ""] = await readdir(folder);
    const events = JSON.parse(await readFile(join(folder, file), "utf8")) as {
      name: string;
      args: { op_name?: string; provider?: string };
    }[];
    const nodes = events.filter((e) => e.args.op_name !== undefined);
    const there = nodes.filter((e) => e.args.provider === "WebGpuExecutionProvider");
    expect(there.length).toBeGreaterThan(500);
    // A node is named after its tfjs kernel, or after the shape that it computes. For random masks,
    // counting along the axes may also run on the CPU.
    const fallen = nodes
      .filter((e) => e.args.provider === "CPUExecutionProvider")
      .filter((e) => !/^(shape|Range)_/.test(e.name))
      .filter(
        (e) =>
          !e.name.startsWith("RandomMasks_") ||
          !/^(Squeeze|Range|Cast)$/.test(e.args.op_name ?? ""),
      );
    expect(fallen.map((e) => `${e.name} ${e.args.op_name}`)).toEqual([]);
  });
});
