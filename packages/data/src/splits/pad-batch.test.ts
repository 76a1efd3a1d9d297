import { padBatch } from "./pad-batch.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ragged,
  writeArtifact,
  writeSafetensors,
  type EncodedSplit,
  readSplit,
  writeSplit,
} from "@sweetspot/artifact";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const split: EncodedSplit = {
  inputIds: ragged([
    [101, 7, 102],
    [101, 8, 9, 10, 102],
    [101, 102],
  ]),
  tokenTypeIds: ragged([
    [0, 0, 0],
    [0, 0, 1, 1, 1],
    [0, 0],
  ]),
  labels: Int32Array.of(1, 2, 0),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sweetspot-data-"));
});
afterAll(() => rm(folder, { recursive: true }));

const about = { stage: "data", settings: {}, inputs: {} };

describe("readSplit", () => {
  test("reads what writeSplit wrote", async () => {
    const data = await writeArtifact(join(folder, "data"), about, async (output) => {
      await writeSplit(join(output, "train.safetensors"), split);
      return {};
    });
    expect(await readSplit(data, "train")).toEqual(split);
    await expect(readSplit(data, "test")).rejects.toThrow('no file "test.safetensors"');
  });

  test("names a tensor that is missing or not int32", async () => {
    const data = await writeArtifact(join(folder, "other"), about, async (output) => {
      const floats = { shape: [2], data: new Float32Array(2) };
      await writeSafetensors(join(output, "train.safetensors"), { "inputIds.offsets": floats });
      return {};
    });
    await expect(readSplit(data, "train")).rejects.toThrow(
      'train.safetensors: expected an int32 tensor "inputIds.offsets"; run the stage data again',
    );
  });
});

describe("padBatch", () => {
  test("pads rows to the length and the batch to its size", () => {
    const batch = padBatch(split, { indices: Int32Array.of(1, 0), length: 7 }, 3);
    expect(batch).toEqual({
      batchSize: 3,
      length: 7,
      inputIds: Int32Array.of(
        101,
        8,
        9,
        10,
        102,
        0,
        0,
        101,
        7,
        102,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
      ),
      tokenTypeIds: Int32Array.of(0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      // The missing row attends to its first position, so that its softmax is finite.
      attentionMask: Float32Array.of(1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0),
      labels: Int32Array.of(2, 1, 0),
      weights: Float32Array.of(1, 1, 0),
    });
  });

  test("a full batch has no row of weight 0", () => {
    const { weights, labels } = padBatch(split, { indices: Int32Array.of(2, 1, 0), length: 5 }, 3);
    expect([...weights, ...labels]).toEqual([1, 1, 1, 0, 2, 1]);
  });

  test("says what does not fit the batch", () => {
    const planned = { indices: Int32Array.of(0, 1), length: 5 };
    expect(() => padBatch(split, planned, 1)).toThrow(
      "padBatch: batchSize must be a whole number of at least the batch's 2 rows, got 1",
    );
    expect(() => padBatch(split, { ...planned, length: 4 }, 2)).toThrow(
      "expected rows of at most 4 tokens, got one of 5",
    );
    expect(() => padBatch(split, { indices: Int32Array.of(3), length: 5 }, 2)).toThrow(
      "no row 3, there are 3",
    );
  });
});
