import { describe, expect, it } from "vitest";
import { exitParameters } from "../exits/encoder-with-exits.ts";
import { encoderParams } from "./computations.ts";
import { encoderParameters } from "./definitions.ts";
import type { BertConfig } from "./bert/definition.ts";

const config: BertConfig = {
  modelType: "bert",
  vocabSize: 29,
  hiddenSize: 15,
  numHiddenLayers: 5,
  numAttentionHeads: 3,
  intermediateSize: 7,
  maxPositionEmbeddings: 19,
  typeVocabSize: 2,
  layerNormEps: 1e-12,
  initializerRange: 0.02,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
};

describe("encoderParameters", () => {
  it("names the first layers' parameters, with 16 to a layer and 5 below", () => {
    expect(encoderParameters(config)).toHaveLength(5 + 5 * 16);
    const two = encoderParameters(config, 2);
    expect(two).toEqual(encoderParameters(config).slice(0, 5 + 2 * 16));
    expect(two.at(-1)?.name).toBe("encoder.layer.1.output.LayerNorm.bias");
  });

  it("tells what weight decay acts on", () => {
    const roles = (role: string) =>
      encoderParameters(config, 1)
        .filter((p) => p.role === role)
        .map((p) => p.name);
    expect(roles("embedding").every((n) => n.startsWith("embeddings."))).toBe(true);
    expect(roles("embedding")).toHaveLength(3);
    expect(roles("norm").every((n) => n.includes("LayerNorm"))).toBe(true);
    expect(roles("norm")).toHaveLength(6);
    expect(roles("bias").every((n) => n.endsWith(".bias"))).toBe(true);
    expect(roles("bias")).toHaveLength(6);
    expect(roles("weight").every((n) => n.endsWith(".weight"))).toBe(true);
    expect(roles("weight")).toHaveLength(6);
  });
});

describe("exitParameters", () => {
  it("gives every exit a pooler and a classifier of its own", () => {
    expect(
      exitParameters(config, [1, 4], 3, "first-token").map((p) => [p.name, p.shape, p.role]),
    ).toEqual([
      ["exits.1.pooler.dense.weight", [15, 15], "weight"],
      ["exits.1.pooler.dense.bias", [15], "bias"],
      ["exits.1.classifier.weight", [3, 15], "weight"],
      ["exits.1.classifier.bias", [3], "bias"],
      ["exits.4.pooler.dense.weight", [15, 15], "weight"],
      ["exits.4.pooler.dense.bias", [15], "bias"],
      ["exits.4.classifier.weight", [3, 15], "weight"],
      ["exits.4.classifier.bias", [3], "bias"],
    ]);
  });

  it("leaves the pooler out where tokens are averaged", () => {
    expect(exitParameters(config, [2], 3, "mean").map((p) => p.name)).toEqual([
      "exits.2.classifier.weight",
      "exits.2.classifier.bias",
    ]);
  });
});

describe("encoderParams", () => {
  it("arranges by the names' parts", () => {
    expect(
      encoderParams({ "embeddings.LayerNorm.bias": 1, "exits.2.classifier.weight": 3 }),
    ).toEqual({
      embeddings: { LayerNorm: { bias: 1 } },
      exits: { 2: { classifier: { weight: 3 } } },
    });
    expect(encoderParams({ "encoder.layer.0.output.dense.bias": 5 }).exits).toEqual({});
  });
});
