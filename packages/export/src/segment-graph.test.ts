import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { padRows } from "@sweetspot/artifact";
import { optimiseInference } from "@sweetspot/compile";
import { type Checkpoint, encoderParams, exitLogits } from "@sweetspot/model";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { InferenceSession, Tensor } from "@sweetspot/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomCheckpoint, randomSentences } from "./testing/random-checkpoint.ts";
import { segmentGraph, segmentRanges } from "./segment-graph.ts";
import { writeSegment } from "./write-segment.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "export-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a model's segments and loads them with ONNX Runtime alone. */
async function segmentsOf(checkpoint: Checkpoint, name: string): Promise<InferenceSession[]> {
  const sessions: InferenceSession[] = [];
  for (const [k, range] of segmentRanges(checkpoint.exitLayers).entries()) {
    const path = join(folder, `${name}-${k + 1}.onnx`);
    await writeSegment(path, checkpoint, range);
    sessions.push(await InferenceSession.create(path));
  }
  return sessions;
}

/** All logits by the training definition, then by the chain of segments. */
async function both(
  { config, exitLayers, pooling, weights }: Checkpoint,
  sessions: readonly InferenceSession[],
  lengths: readonly number[],
) {
  const { inputIds, tokenTypeIds } = randomSentences(lengths);
  const batch = padRows(inputIds, [...lengths.keys()], { tokenTypeIds });
  const shape: [number, number] = [batch.batchSize, batch.length];
  const definition = tf.tidy(() => {
    const tensors = Object.entries(weights).map(
      ([name, { data, shape: s }]) => [name, tf.tensor(data, [...s])] as const,
    );
    const logits = exitLogits(
      encoderParams(Object.fromEntries(tensors)),
      {
        inputIds: tf.tensor2d(batch.inputIds, shape, "int32"),
        tokenTypeIds: tf.tensor2d(batch.tokenTypeIds, shape, "int32"),
        attentionMask: tf.tensor2d(batch.attentionMask, shape),
      },
      { config, exitLayers, pooling },
    );
    return logits.map((l) => ({ dims: [...l.shape], data: [...l.dataSync()] }));
  });
  const attentionMask = new Tensor("float32", batch.attentionMask, shape);
  let state: Record<string, Tensor> = {
    inputIds: new Tensor("int32", batch.inputIds, shape),
    tokenTypeIds: new Tensor("int32", batch.tokenTypeIds, shape),
  };
  const chained: { dims: number[]; data: number[] }[] = [];
  for (const session of sessions) {
    const { logits, nextHidden } = await session.run({ ...state, attentionMask });
    chained.push({
      dims: [...(logits?.dims ?? [])],
      data: [...((logits?.data ?? []) as Float32Array)],
    });
    if (nextHidden !== undefined) state = { hidden: nextHidden };
  }
  return { definition, chained };
}

describe("segmentRanges", () => {
  it("cuts a model after each exit's layer", () => {
    expect(segmentRanges([1, 3, 4])).toEqual([
      { after: 0, exitLayer: 1, last: false },
      { after: 1, exitLayer: 3, last: false },
      { after: 3, exitLayer: 4, last: true },
    ]);
    expect(segmentRanges([6])).toEqual([{ after: 0, exitLayer: 6, last: true }]);
  });
});

describe.each(["first-token", "mean"] as const)("segments, %s pooling", (pooling) => {
  const checkpoint = randomCheckpoint([1, 3], pooling);
  let sessions: InferenceSession[];
  beforeAll(async () => {
    sessions = await segmentsOf(checkpoint, pooling);
  });
  afterAll(() => Promise.all(sessions.map((s) => s.release())));

  it("in a chain give every exit's logits at any batch size and length", async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(lengths, async (lengths) => {
        const { definition, chained } = await both(checkpoint, sessions, lengths);
        expect(chained.map((l) => l.dims)).toEqual(definition.map((l) => l.dims));
        const apart = definition.flatMap(({ data }, e) =>
          data.map((x, i) => Math.abs(x - (chained[e]?.data[i] ?? NaN))),
        );
        expect(apart).toHaveLength(2 * lengths.length * 3);
        expect(Math.max(...apart)).toBeLessThan(1e-5);
      }),
      { numRuns: 12, examples: [[[1]], [[1, 1, 1]], [[23]], [[1, 23]], [[7, 7, 7, 7, 7]]] },
    );
  });

  it("have the documented names, dtypes and shapes", () => {
    const border = sessions.map(({ inputMetadata, outputMetadata }) =>
      [inputMetadata, outputMetadata].map((list) =>
        list.map((m) => (m.isTensor ? `${m.name} ${m.type} [${m.shape.join(", ")}]` : m.name)),
      ),
    );
    expect(border).toEqual([
      [
        ["inputIds int32 [B, T]", "tokenTypeIds int32 [B, T]", "attentionMask float32 [B, T]"],
        ["nextHidden float32 [B, T, 12]", "logits float32 [B, 3]"],
      ],
      [["hidden float32 [B, T, 12]", "attentionMask float32 [B, T]"], ["logits float32 [B, 3]"]],
    ]);
  });
});

it("a single segment takes the tokens and gives only logits", async () => {
  const checkpoint = randomCheckpoint([2]);
  const [session] = await segmentsOf(checkpoint, "single");
  expect(session?.inputNames).toEqual(["inputIds", "tokenTypeIds", "attentionMask"]);
  expect(session?.outputNames).toEqual(["logits"]);
  const { definition, chained } = await both(checkpoint, session ? [session] : [], [5, 3]);
  expect(chained[0]?.data.map((x) => x.toFixed(4))).toEqual(
    definition[0]?.data.map((x) => x.toFixed(4)),
  );
  await session?.release();
});

it("a segment holds only the weights of its layers and exit, and the first the embeddings", () => {
  const checkpoint = randomCheckpoint([1, 3]);
  const sizes = segmentRanges([1, 3]).map((range) => {
    let numbers = 0;
    for (const { data } of segmentGraph(checkpoint, range).constants.values())
      numbers += data.length;
    return numbers;
  });
  const { hiddenSize: c, intermediateSize: f } = checkpoint.config;
  const layer = 4 * (c * c + c) + (f * c + f) + (c * f + c) + 4 * c;
  const exit = c * c + c + 3 * c + 3;
  const embeddings = (41 + 23 + 2) * c + 2 * c;
  // Besides, a few scalars.
  expect(sizes[0]).toBeGreaterThanOrEqual(embeddings + layer + exit);
  expect(sizes[0]).toBeLessThan(embeddings + layer + exit + 64);
  expect(sizes[1]).toBeGreaterThanOrEqual(2 * layer + exit);
  expect(sizes[1]).toBeLessThan(2 * layer + exit + 64);
});

it("a layer's norms, GELU and attention are one operator each", () => {
  // With the mean, so that the last layer too is computed for every token.
  const checkpoint = randomCheckpoint([1, 3], "mean");
  const counts = segmentRanges([1, 3]).map((range) => {
    const { nodes } = optimiseInference(segmentGraph(checkpoint, range));
    return ["LayerNormalization", "Gelu", "MultiHeadAttention"].map(
      (op) => nodes.filter((node) => node.op === op).length,
    );
  });
  // Two norms for each layer, and the embeddings' in the first segment, which has one layer of three.
  expect(counts).toEqual([
    [3, 1, 1],
    [4, 2, 2],
  ]);
});

it("a tensor missing from the checkpoint is named", () => {
  const { weights, ...rest } = randomCheckpoint([1]);
  const { "exits.1.classifier.bias": _, ...others } = weights;
  expect(() =>
    segmentGraph({ ...rest, weights: others }, { after: 0, exitLayer: 1, last: true }),
  ).toThrow('export: the checkpoint has no float32 tensor "exits.1.classifier.bias"');
});
