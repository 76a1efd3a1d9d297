// Every kind of encoder, trained by every engine and device that the machine has, and exported.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileLoop, eagerLoop, type StepLoop } from "@sweetspot/compile/session";
import { checkMember, segmentRanges, writeSegment } from "@sweetspot/export";
import { encoderConfig, encoderParameters, initialWeights, type Pooling } from "@sweetspot/model";
import { objectives, trainModel } from "@sweetspot/train";
import {
  learningRateSchedule,
  runInputs,
  smallSplit,
  smallTask,
  stepLoop,
} from "@sweetspot/train/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEncoderFacts } from "./reference/bert-reference.ts";
import { whyNoTfjsNode, whyNoWebgpu } from "@sweetspot/compile/testing";

const tfjsNodeProblem = await whyNoTfjsNode();
const webgpuProblem = await whyNoWebgpu();

const facts = await readEncoderFacts();
const pooling: Pooling = "first-token";
const { settings } = smallTask({ seed: 3 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "encoders-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(Object.keys(facts.encoders))("%s", (kind) => {
  const json = facts.encoders[kind]?.config as object; // a mapping in encoders.json
  const config = encoderConfig({ ...json, vocab_size: 41, initializer_range: 0.2 }, kind);
  const types = config.typeVocabSize === 2;
  const pairs = smallSplit(23);
  const split = types
    ? pairs
    : {
        ...pairs,
        tokenTypeIds: { ...pairs.tokenTypeIds, values: pairs.tokenTypeIds.values.map(() => 0) },
      };
  const weights = async (depth: number) =>
    initialWeights(encoderParameters(config, depth), config, 3);

  it.each([
    ["early-exit", [1, 2, 3]],
    ["sweet", [1, 3]],
    ["multi-model", [1]],
    ["multi-model", [2]],
  ] as const)("trains by %s, exits after layers %j, and exports", async (method, exitLayers) => {
    const task = { encoder: { config, pooling, weights }, objective: objectives[method] };
    const trained = await trainModel({ ...task, exitLayers, classes: 3, split, settings });
    const losses = trained.metrics.map((m) => m.losses.reduce((a, b) => a + b, 0));
    expect(losses).toHaveLength(10);
    const mean = (some: number[]) => some.reduce((a, b) => a + b, 0) / some.length;
    expect(mean(losses.slice(5))).toBeLessThan(mean(losses.slice(0, 5)));
    const checkpoint = {
      config: { ...config, numHiddenLayers: exitLayers.at(-1) ?? 0 },
      exitLayers,
      pooling,
      labels: ["a", "b", "c"],
      weights: trained.weights,
    };
    const files: string[] = [];
    for (const [k, range] of segmentRanges(exitLayers).entries()) {
      files.push(join(folder, `${kind}-${method}-${k + 1}.onnx`));
      await writeSegment(files.at(-1) ?? "", checkpoint, range);
    }
    expect(await checkMember(checkpoint, files, split)).toBeLessThan(1e-5);
  });

  /** Losses and gradient norms of two steps of SWEET, with dropout. */
  async function twoSteps(
    open: (definition: Parameters<typeof compileLoop>[0]) => Promise<StepLoop>,
  ): Promise<number[]> {
    const about = { exitLayers: [1, 3], classes: 3, objective: objectives.sweet };
    const { definition, sites } = await stepLoop({ config, pooling, weights }, about);
    const loop = await open(definition);
    try {
      const index = Int32Array.from({ length: config.vocabSize }, (_, i) => i);
      const batch = { indices: Int32Array.of(0, 1, 2, 3), length: 11, epoch: 0 };
      const inputs = runInputs(split, index, sites, settings, [batch, batch], {
        firstStep: 0,
        schedule: learningRateSchedule(settings, 2),
      });
      const outputs = await loop.run(inputs, { B: settings.batchSize, T: 11 });
      return outputs.flatMap(({ losses = [], gradientNorm = [] }) => [...losses, ...gradientNorm]);
    } finally {
      await loop.dispose();
    }
  }

  /** How far another loop's numbers are from the compiled one's on the CPU, as shares of them. */
  async function distanceOf(open: Parameters<typeof twoSteps>[0]): Promise<number> {
    const [want, got] = [await twoSteps(compileLoop), await twoSteps(open)];
    expect(want).toHaveLength(6);
    return Math.max(...want.map((x, i) => Math.abs((got[i] ?? NaN) / x - 1)));
  }

  it("takes the same steps in tfjs, kernel by kernel", async () => {
    expect(
      await distanceOf((definition) => eagerLoop(definition, { backend: "cpu" })),
    ).toBeLessThan(1e-4);
  });

  it.skipIf(tfjsNodeProblem)("takes the same steps on tfjs-node", async () => {
    expect(
      await distanceOf((definition) => eagerLoop(definition, { backend: "tensorflow" })),
    ).toBeLessThan(1e-4);
  });

  // These two have every operation of the others, and a software adapter takes 15 s for one.
  if (!["deberta", "deberta-v2-conv"].includes(kind)) return;
  // A device's exp, erf and tanh are other approximations.
  it.skipIf(webgpuProblem)("takes the same steps on webgpu", async () => {
    expect(
      await distanceOf((definition) => compileLoop(definition, { device: "webgpu" })),
    ).toBeLessThan(2e-3);
  });
});
