import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { row, rowCount } from "@sweetspot/artifact";
import type { Checkpoint } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomCheckpoint, randomSentences } from "./testing/random-checkpoint.ts";
import { checkedSentences, checkMember } from "./check-member.ts";
import { segmentRanges } from "./segment-graph.ts";
import { writeSegment } from "./write-segment.ts";

describe("the checked sentences", () => {
  const lengths = ({ inputIds }: ReturnType<typeof checkedSentences>) =>
    Array.from({ length: rowCount(inputIds) }, (_, i) => row(inputIds, i).length);

  it("are the shortest, the longest and some in between, unchanged", () => {
    const sentences = randomSentences([9, 3, 18, 12, 5, 7, 4, 6, 8, 10, 11, 17, 16, 15, 13]);
    const chosen = checkedSentences(sentences);
    expect(lengths(chosen)).toEqual([3, 5, 7, 9, 11, 13, 16, 18]);
    expect([...row(chosen.inputIds, 0)]).toEqual([...row(sentences.inputIds, 1)]);
    expect([...row(chosen.tokenTypeIds, 7)]).toEqual([...row(sentences.tokenTypeIds, 2)]);
  });

  it("are all of them if there are few", () => {
    expect(lengths(checkedSentences(randomSentences([40])))).toEqual([40]);
    expect(lengths(checkedSentences(randomSentences([40, 40])))).toEqual([40, 40]);
    expect(lengths(checkedSentences(randomSentences([6, 5, 2])))).toEqual([2, 5, 6]);
  });
});

describe("checkMember", () => {
  const checkpoint = randomCheckpoint([1, 3]);
  const sentences = randomSentences([3, 11, 7]);
  let folder: string;
  let files: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "export-"));
    files = await written(checkpoint, "right");
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function written(of: Checkpoint, name: string): Promise<string[]> {
    const paths: string[] = [];
    for (const [k, range] of segmentRanges(of.exitLayers).entries()) {
      paths.push(join(folder, `${name}-${k + 1}.onnx`));
      await writeSegment(paths.at(-1) ?? "", of, range);
    }
    return paths;
  }

  it("returns how far the files are from the definition, and keeps no tensor", async () => {
    const before = tf.memory().numTensors;
    const difference = await checkMember(checkpoint, files, sentences);
    expect(difference).toBeGreaterThanOrEqual(0);
    expect(difference).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ["embeddings.position_embeddings.weight", "right-1.onnx"],
    ["encoder.layer.0.attention.self.value.bias", "right-1.onnx"],
    ["exits.1.pooler.dense.weight", "right-1.onnx"],
    ["encoder.layer.2.output.LayerNorm.weight", "right-2.onnx"],
    ["exits.3.classifier.bias", "right-2.onnx"],
  ])("refuses files of another %s, by the name of %s", async (name, file) => {
    const tensor = checkpoint.weights[name];
    const data = Float32Array.from(tensor?.data ?? [], (x) => x * 1.01 + 0.001);
    const weights = { ...checkpoint.weights, [name]: { shape: tensor?.shape ?? [], data } };
    await expect(checkMember({ ...checkpoint, weights }, files, sentences)).rejects.toThrow(
      new RegExp(
        `${file}: logit \\d+ must be within 0.0001 of the training definition's -?\\d.*, got -?\\d`,
      ),
    );
  });

  it("refuses one segment of another model", async () => {
    const other = { ...checkpoint, weights: { ...checkpoint.weights } };
    const name = "encoder.layer.1.intermediate.dense.weight";
    const { shape, data } = checkpoint.weights[name] ?? { shape: [], data: new Float32Array(0) };
    other.weights[name] = { shape, data: (data as Float32Array).map((x) => -x) };
    const [, second = ""] = await written(other, "other");
    await expect(checkMember(checkpoint, [files[0] ?? "", second], sentences)).rejects.toThrow(
      "checkpoint: other-2.onnx: logit",
    );
  });

  it("says why logits are too large", async () => {
    const weights = Object.fromEntries(
      Object.entries(checkpoint.weights).map(([name, { shape, data }]) => {
        const scale = name === "exits.3.classifier.weight" ? 1e6 : 1;
        return [name, { shape, data: (data as Float32Array).map((x) => x * scale) }];
      }),
    );
    await expect(
      checkMember({ ...checkpoint, weights }, files, sentences, "cells/train/member-1"),
    ).rejects.toThrow(
      /^cells\/train\/member-1: right-2\.onnx: logit 0 must be within .*; a logit this large comes from a training that diverged, train again with a lower learningRate$/,
    );
  });

  it("refuses a definition that is not finite", async () => {
    const name = "exits.1.classifier.bias";
    const data = Float32Array.from(checkpoint.weights[name]?.data ?? []);
    data[1] = NaN;
    const weights = { ...checkpoint.weights, [name]: { shape: [3], data } };
    await expect(checkMember({ ...checkpoint, weights }, files, sentences)).rejects.toThrow(
      new RangeError(
        "checkpoint: the exit after layer 1: expected finite logits, got NaN; its training diverged, train again with a lower learningRate",
      ),
    );
  });

  it("names a file that is not a model", async () => {
    const broken = join(folder, "broken.onnx");
    await writeFile(broken, "not a model");
    await expect(checkMember(checkpoint, [broken], sentences)).rejects.toThrow("broken.onnx");
  });
});
