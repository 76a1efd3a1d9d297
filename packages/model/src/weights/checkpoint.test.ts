import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostTensor, SafetensorsFile, writeSafetensors } from "@sweetspot/artifact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitParameters } from "../exits/exit-definition.ts";
import { encoderParameters } from "../encoders/definitions.ts";
import { bertConfig } from "../../test/bert-config.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { initialWeights } from "./initial-weights.ts";

const config = bertConfig({ intermediateSize: 5 });
const classifier = "exits.2.classifier.bias";

function checkpoint(): Checkpoint & { weights: Record<string, HostTensor> } {
  const parts = {
    config,
    exitLayers: [1, 2],
    pooling: "first-token",
    labels: ["bad", "2", "good"],
  } as const;
  const specs = [...encoderParameters(config), ...exitParameters(config, [1, 2], 3, "first-token")];
  const weights = initialWeights(specs, config, 5);
  // Bits that a careless copy would change.
  weights[classifier] = { shape: [3], data: Float32Array.of(-0, 1e-45, 3.4028235e38) };
  return { ...parts, weights };
}

let folder: string;
let configFile: string;
let weightsFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "model-"));
  configFile = join(folder, "config.json");
  weightsFile = join(folder, "model.safetensors");
});
afterEach(() => rm(folder, { recursive: true }));

describe("a checkpoint", () => {
  it("reads back bit by bit", async () => {
    const written = checkpoint();
    await writeCheckpoint(folder, written);
    const read = await readCheckpoint(folder);
    expect({ ...read, weights: Object.keys(read.weights) }).toEqual({
      ...written,
      weights: Object.keys(written.weights),
    });
    // As bytes: -0 is not 0 then.
    const bytes = ({ shape, data }: HostTensor) => ({
      shape,
      hex: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex"),
    });
    for (const [name, tensor] of Object.entries(read.weights))
      expect(bytes(tensor)).toEqual(bytes(written.weights[name] as HostTensor));
  });

  it("uses Hugging Face's names for the encoder and exits.N for the heads", async () => {
    await writeCheckpoint(folder, checkpoint());
    const file = await SafetensorsFile.open(weightsFile);
    await file.close();
    const names = [...file.entries.keys()];
    expect(names).toHaveLength(5 + 2 * 16 + 2 * 4);
    expect(
      names.filter((n) => !/^(embeddings|encoder\.layer\.[01]|exits\.[12])\./.test(n)),
    ).toEqual([]);
    expect(names).toContain("encoder.layer.1.attention.output.LayerNorm.bias");
    expect(file.metadata).toEqual({ format: "pt" });
    expect(JSON.parse(await readFile(configFile, "utf8"))).toMatchObject({
      model_type: "bert",
      hidden_act: "gelu",
      num_hidden_layers: 2,
      exit_layers: [1, 2],
      pooling: "first-token",
      id2label: { 0: "bad", 1: "2", 2: "good" },
      label2id: { bad: 0, 2: 1, good: 2 },
    });
  });

  it("gives the same files in any order of the weights", async () => {
    const written = checkpoint();
    await writeCheckpoint(folder, written);
    const before = await readFile(weightsFile);
    const reversed = Object.fromEntries(Object.entries(written.weights).toReversed());
    await writeCheckpoint(folder, { ...written, weights: reversed });
    expect((await readFile(weightsFile)).equals(before)).toBe(true);
  });
});

describe("writeCheckpoint", () => {
  it("refuses weights that do not fit the model", async () => {
    const whole = checkpoint();
    const { [classifier]: last, ...rest } = whole.weights;
    const write = (weights: Record<string, HostTensor>) =>
      writeCheckpoint(folder, { ...whole, weights });
    await expect(write(rest)).rejects.toThrow(
      new RangeError(`checkpoint: no tensor "${classifier}"`),
    );
    await expect(
      write({ ...rest, [classifier]: { shape: [2], data: new Float32Array(2) } }),
    ).rejects.toThrow(`checkpoint: tensor "${classifier}" must be float32 [3], got float32 [2]`);
    await expect(
      write({ ...rest, [classifier]: { shape: [3], data: new Int32Array(3) } }),
    ).rejects.toThrow(`checkpoint: tensor "${classifier}" must be float32 [3], got int32 [3]`);
    await expect(
      write({ ...whole.weights, "pooler.bias": last ?? { shape: [], data: new Float32Array(1) } }),
    ).rejects.toThrow("checkpoint: tensors that this model does not have: pooler.bias");
  });

  it("refuses exits, a depth or labels that do not fit together", async () => {
    const whole = checkpoint();
    await expect(writeCheckpoint(folder, { ...whole, exitLayers: [2, 2] })).rejects.toThrow(
      "checkpoint: exitLayers: must rise",
    );
    await expect(writeCheckpoint(folder, { ...whole, exitLayers: [1] })).rejects.toThrow(
      "checkpoint: num_hidden_layers must be the last exit's layer, 1, got 2",
    );
    await expect(writeCheckpoint(folder, { ...whole, labels: ["a", "b", "a"] })).rejects.toThrow(
      'checkpoint: labels must be one or more, each once, got "a" twice',
    );
  });

  it("names a folder that does not exist", async () => {
    await expect(writeCheckpoint(join(folder, "none"), checkpoint())).rejects.toThrow(
      join(folder, "none", "config.json"),
    );
  });
});

describe("readCheckpoint", () => {
  beforeEach(() => writeCheckpoint(folder, checkpoint()));

  it("names a missing file", async () => {
    await rm(weightsFile);
    await expect(readCheckpoint(folder)).rejects.toThrow(`${weightsFile}: cannot be opened`);
    await rm(configFile);
    await expect(readCheckpoint(folder)).rejects.toThrow(`${configFile}: cannot be read`);
  });

  it("names a file that is cut short", async () => {
    await truncate(weightsFile, 5000);
    await expect(readCheckpoint(folder)).rejects.toThrow(weightsFile);
    await truncate(configFile, 100);
    await expect(readCheckpoint(folder)).rejects.toThrow(`${configFile}: expected JSON`);
  });

  it.each([
    { change: { hidden_act: "relu" }, message: "hidden_act: only" },
    { change: { num_attention_heads: 5 }, message: "hidden_size 12 must be a multiple" },
    { change: { exit_layers: [0, 2] }, message: "exit_layers.0:" },
    { change: { exit_layers: [1, 3] }, message: "exitLayers: expected layers from 1 to 2" },
    { change: { exit_layers: [1] }, message: "num_hidden_layers must be the last exit's layer" },
    { change: { exit_layers: undefined }, message: "exit_layers:" },
    { change: { pooling: "max" }, message: "pooling:" },
    { change: { id2label: { 0: "a", 2: "b" } }, message: "id2label must count from 0, has no 1" },
    { change: { id2label: { 0: "a", 1: "a", 2: "b" } }, message: "labels must be one or more" },
    { change: { id2label: {} }, message: "labels must be one or more, each once, got none" },
  ])("names file and key for $change", async ({ change, message }) => {
    const json: object = JSON.parse(await readFile(configFile, "utf8"));
    await writeFile(configFile, JSON.stringify({ ...json, ...change }));
    await expect(readCheckpoint(folder)).rejects.toThrow(`${configFile}: ${message}`);
  });

  it("names a missing or misshapen tensor", async () => {
    const { [classifier]: _, ...rest } = checkpoint().weights;
    await writeSafetensors(weightsFile, rest);
    await expect(readCheckpoint(folder)).rejects.toThrow(
      `${weightsFile}: no tensor "${classifier}"`,
    );
    const wide = { shape: [4], data: new Float32Array(4) };
    await writeSafetensors(weightsFile, { ...rest, [classifier]: wide });
    await expect(readCheckpoint(folder)).rejects.toThrow(
      `${weightsFile}: tensor "${classifier}" must be [3], got [4]`,
    );
  });
});
