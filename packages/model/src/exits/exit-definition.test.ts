import { describe, expect, it } from "vitest";
import { bertConfig } from "../../test/bert-config.ts";
import {
  dropoutSites,
  exitParameters,
  headOf,
  linearPooling,
  poolings,
  tokensRead,
} from "./exit-definition.ts";

const config = bertConfig({
  hiddenSize: 15,
  numHiddenLayers: 5,
  intermediateSize: 7,
  attentionProbsDropoutProb: 0.3,
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

  it.each(["mean", "first-token-linear"] as const)("has no pooler for %s", (pooling) => {
    expect(exitParameters(config, [2], 3, pooling).map((p) => p.name)).toEqual([
      "exits.2.classifier.weight",
      "exits.2.classifier.bias",
    ]);
    expect(headOf(pooling)).toBe("linear");
  });

  it("has a pooler for the mean if its name says so", () => {
    const names = exitParameters(config, [2], 3, "mean-pooler").map((p) => p.name);
    expect(names).toContain("exits.2.pooler.dense.weight");
  });
});

describe("linearPooling", () => {
  it("reads the same tokens without a pooler", () => {
    for (const pooling of poolings) {
      expect(headOf(linearPooling(pooling))).toBe("linear");
      expect(tokensRead(linearPooling(pooling))).toBe(tokensRead(pooling));
    }
    expect(poolings.map((p) => [p, tokensRead(p)])).toContainEqual(["shared-pooler", "first"]);
  });
});

describe("dropoutSites", () => {
  it("lists every place in order of use, with the mask's shape and the probability", () => {
    const hidden = { shape: ["B", "T", 15], probability: 0.1 };
    const attention = { shape: ["B", 3, "T", "T"], probability: 0.3 };
    const features = { shape: ["B", 15], probability: 0.1 };
    const layer = (n: number) => [
      { name: `layer.${n}.attention`, ...attention },
      { name: `layer.${n}.attentionOutput`, ...hidden },
      { name: `layer.${n}.output`, ...hidden },
    ];
    expect(dropoutSites(config, [1, 3], "mean")).toEqual([
      { name: "embeddings", ...hidden },
      ...layer(1),
      { name: "exit.1", ...features },
      ...layer(2),
      ...layer(3),
      { name: "exit.3", ...features },
    ]);
  });

  it("has masks for only the first token in the last layer if exits read only that", () => {
    const sites = dropoutSites(config, [1, 3], "first-token");
    const all = dropoutSites(config, [1, 3], "mean");
    const changed = sites.filter((site, i) => site.shape.join() !== all[i]?.shape.join());
    expect(changed).toEqual([
      { name: "layer.3.attention", shape: ["B", 3, 1, "T"], probability: 0.3 },
      { name: "layer.3.attentionOutput", shape: ["B", 1, 15], probability: 0.1 },
      { name: "layer.3.output", shape: ["B", 1, 15], probability: 0.1 },
    ]);
  });
});
