import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostTensor, writeSafetensors } from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitParameters } from "../exits/exit-definition.ts";
import { encoderParameters } from "../encoders/definitions.ts";
import { pretrainedEncoder } from "./pretrained-encoder.ts";
import { readWeights } from "../weights/read-parameters.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";

describe("pretrainedEncoder", () => {
  it("gives MiniLM, whose exits average the tokens and have no pooler", async () => {
    const { config, pooling, weights } = await pretrainedEncoder("minilm");
    expect(config).toMatchObject({
      vocabSize: 30522,
      hiddenSize: 384,
      numHiddenLayers: 6,
      numAttentionHeads: 12,
      intermediateSize: 1536,
    });
    expect(pooling).toBe("mean");
    const heads = exitParameters(config, [1, 6], 2, pooling).map((p) => p.name);
    expect(heads.filter((n) => n.includes("pooler"))).toEqual([]);
    const first = await weights(1);
    expect(Object.keys(first)).toEqual(encoderParameters(config, 1).map((p) => p.name));
    // A trained layer norm, not the 1 that it began with.
    const norm = first["encoder.layer.0.output.LayerNorm.weight"]?.data ?? [];
    expect(norm).toHaveLength(384);
    expect(new Set(norm).size).toBeGreaterThan(100);
    await expect(weights(7)).rejects.toThrow(/model.fp16.safetensors: no tensor "encoder.layer.6/);
  });

  it("gives a tiny encoder, always the same, that reads the first token", async () => {
    const { config, pooling, weights } = await pretrainedEncoder("tiny");
    expect(pooling).toBe("first-token");
    expect(config.vocabSize).toBe(30522);
    const [one, two] = [await weights(1), await (await pretrainedEncoder("tiny")).weights(2)];
    const name = "encoder.layer.0.output.dense.weight";
    expect(Array.from(one[name]?.data ?? [])).toEqual(Array.from(two[name]?.data ?? [NaN]));
    expect(Object.keys(two)).toHaveLength(5 + 2 * 16);
  });

  it.each([
    ["tinny", "tiny"],
    ["minilm-l6", "minilm"],
    ["", "tiny"],
    ["constructor", "minilm"],
  ])("refuses the name '%s' and suggests the nearest", async (name, nearest) => {
    await expect(pretrainedEncoder(name)).rejects.toThrow(
      new RangeError(
        `encoder "${name}": unknown, did you mean "${nearest}"? (known: minilm, tiny); a folder begins with ./ or /, a model of the Hub is ORG/NAME`,
      ),
    );
  });
});

describe("readWeights", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "model-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const spec: ParameterSpec = { name: "embeddings.LayerNorm.bias", shape: [3], role: "norm" };

  async function stored(name: string, tensors: Record<string, HostTensor>): Promise<string> {
    const path = join(folder, `${name}.safetensors`);
    await writeSafetensors(path, tensors);
    return path;
  }

  it("ignores the prefix `bert.` and tensors that it is not asked for", async () => {
    const data = Float32Array.of(2, 3, 5);
    const path = await stored("prefixed", {
      "bert.embeddings.LayerNorm.bias": { shape: [3], data },
      "bert.embeddings.position_ids": { shape: [1, 2], data: Int32Array.of(0, 1) },
      "cls.predictions.bias": { shape: [1], data: Float32Array.of(7) },
    });
    expect(await readWeights(path, [spec], "bert.")).toEqual({ [spec.name]: { shape: [3], data } });
  });

  it("ignores the names of wrappers", async () => {
    const data = Float32Array.of(2, 3, 5);
    const path = await stored("wrapped", {
      "_orig_mod.module.bert.embeddings.LayerNorm.beta": { shape: [3], data },
    });
    expect(await readWeights(path, [spec], "bert.")).toEqual({ [spec.name]: { shape: [3], data } });
  });

  it("refuses a tensor that is not finite, naming file and tensor", async () => {
    const data = Float32Array.of(2, NaN, 5);
    const path = await stored("nan", { [spec.name]: { shape: [3], data } });
    await expect(readWeights(path, [spec])).rejects.toThrow(
      `${path}: tensor "embeddings.LayerNorm.bias" must hold finite numbers, got NaN at 1 of 3`,
    );
  });

  it("refuses a tensor that is missing, misshapen or of integers, naming file and tensor", async () => {
    const data = Float32Array.of(2, 3);
    const missing = await stored("missing", { "bert.other": { shape: [2], data } });
    await expect(readWeights(missing, [spec])).rejects.toThrow(
      `${missing}: no tensor "embeddings.LayerNorm.bias"`,
    );
    const misshapen = await stored("misshapen", { [`bert.${spec.name}`]: { shape: [2], data } });
    await expect(readWeights(misshapen, [spec], "bert.")).rejects.toThrow(
      `${misshapen}: tensor "bert.embeddings.LayerNorm.bias" must be [3], got [2]`,
    );
    const integers = await stored("integers", {
      [spec.name]: { shape: [3], data: Int32Array.of(1, 2, 3) },
    });
    await expect(readWeights(integers, [spec])).rejects.toThrow(
      new TypeError(
        `${integers}: tensor "embeddings.LayerNorm.bias" must hold floats, got integers`,
      ),
    );
  });
});
