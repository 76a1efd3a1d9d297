import { describe, expect, it } from "vitest";
import { encoderParams } from "./parameter-tree.ts";

describe("encoderParams", () => {
  it("arranges values by the parts of their names", () => {
    expect(
      encoderParams({ "embeddings.LayerNorm.bias": 1, "exits.2.classifier.weight": 3 }),
    ).toEqual({
      embeddings: { LayerNorm: { bias: 1 } },
      exits: { 2: { classifier: { weight: 3 } } },
    });
    expect(encoderParams({ "encoder.layer.0.output.dense.bias": 5 }).exits).toEqual({});
  });
});
