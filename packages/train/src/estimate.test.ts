import { type PlannedInput, zeroEstimate } from "@sweetspot/artifact";
import { type EncoderConfig, pretrainedEncoder } from "@sweetspot/model/planning";
import { describe, expect, it } from "vitest";
import { estimateTraining, trainingMemory } from "./estimate.ts";
import { objectives } from "./objectives/objectives.ts";
import { stage } from "./stage.ts";

const base: EncoderConfig = {
  ...(await pretrainedEncoder("tiny")).config,
  hiddenSize: 768,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  intermediateSize: 3072,
};

describe("trainingMemory", () => {
  // Peaks of trainModel on BERT-base, rows of 16 with 2,600 to 10,100 different tokens, in GB.
  it.each([
    [64, 2600, 7.27],
    [128, 5200, 8.34],
    [256, 10_100, 10.84],
  ])("is within a tenth of what was measured, 16 x %i", (tokens, rows, measured) => {
    const estimated = trainingMemory(base, 12, { batchSize: 16, tokens, rows }) / 1e9;
    expect(Math.abs(estimated / measured - 1)).toBeLessThan(0.1);
  });
});

describe("the estimate of training", () => {
  const quantities = { training: 100, heldOut: 50, tokens: 32, longest: 64 };
  const data: PlannedInput = {
    settings: {},
    estimate: { ...zeroEstimate, quantities },
  };
  const of = async (method: string, more: object = {}) =>
    estimateTraining({
      settings: await stage.settings.parseAsync({
        encoder: "minilm",
        method,
        exitLayers: [1, 2, 6],
        epochs: 2,
        ...more,
      }),
      inputs: { data },
    });

  it("counts forward and backward products of every step, and of every model of a cascade", async () => {
    const [early, sweet, several] = [
      await of("early-exit"),
      await of("sweet"),
      await of("multi-model"),
    ];
    // 2 epochs of 7 batches of 16 x 32 tokens, 3 passes, 6 layers of 8 C^2 + 4 C F + 4 T C.
    const perToken = 6 * (8 * 384 ** 2 + 4 * 384 * 1536 + 4 * 32 * 384);
    expect(early.operations).toBe(14 * 3 * 16 * 32 * perToken);
    expect(sweet.operations).toBe(early.operations);
    expect(several.operations / early.operations).toBeCloseTo((1 + 2 + 6) / 6, 10);
    expect(early.quantities["forward"]).toBe(32 * perToken);
    // Those that are trained of MiniLM's 22.6 million, its vocabulary cut to what 3,200 tokens can hold.
    expect(early.seconds).toBeCloseTo(3 + 14 * 7e-9 * 12.1e6, 1);
    expect(early.downloads).toEqual({});
  });

  it("counts every row as the longest on cuda, where batches have one length", async () => {
    const [cpu, webgpu, cuda] = await Promise.all(
      ["cpu", "webgpu", "cuda"].map((device) => of("early-exit", { device })),
    );
    expect(webgpu?.operations).toBe(cpu?.operations);
    // More than in proportion: attention looks at pairs of tokens.
    expect((cuda?.operations ?? 0) / (cpu?.operations ?? 1)).toBeGreaterThan(64 / 32);
    expect(cuda?.quantities).toEqual(cpu?.quantities);
  });

  it("counts a backward pass for each classifier where their gradients are needed one by one", async () => {
    const plain = await of("early-exit");
    const estimated = await of("early-exit", { gradientConflict: true });
    // Forward 6 layers; back 1 + 2 + 6 in place of 6, each twice a forward.
    expect(estimated.operations / plain.operations).toBeCloseTo((6 + 2 * 9) / (3 * 6), 10);
    expect((await of("projected")).operations).toBe(estimated.operations);
    const sweet = await of("sweet", { gradientConflict: true });
    expect(sweet.operations).toBe(plain.operations);
  });

  it("knows of every method whether its gradients go one by one", async () => {
    const plain = (await of("early-exit")).operations;
    for (const [method, { combine, isolated, models }] of Object.entries(objectives)) {
      if (models !== "one") continue;
      const apart = async (more: object) => (await of(method, more)).operations > plain;
      expect([method, await apart({})]).toEqual([method, combine !== undefined]);
      const estimated = await apart({ gradientConflict: true });
      expect([method, estimated]).toEqual([method, isolated !== true]);
    }
  });
});
