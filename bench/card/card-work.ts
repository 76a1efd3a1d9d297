import { ragged } from "@sweetspot/artifact";
import {
  type EncoderConfig,
  encoderParameters,
  exitParameters,
  initialWeights,
  type ParameterSpec,
  type Pooling,
} from "@sweetspot/model";
import {
  batch,
  batchCount,
  bertBase,
  classes,
  type ModelName,
  type TrainingWork,
} from "../training-work.ts";

interface Shape {
  config: EncoderConfig;
  exitLayers: number[];
  pooling: Pooling;
}

const shapes: Record<ModelName, Shape> = {
  tiny: {
    config: {
      ...bertBase,
      hiddenSize: 32,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      intermediateSize: 64,
    },
    exitLayers: [1, 2],
    pooling: "first-token",
  },
  minilm: {
    config: {
      ...bertBase,
      hiddenSize: 384,
      numHiddenLayers: 6,
      numAttentionHeads: 12,
      intermediateSize: 1536,
    },
    exitLayers: [1, 2, 4, 6],
    pooling: "mean",
  },
  "bert-base": { config: bertBase, exitLayers: [1, 4, 6, 12], pooling: "first-token" },
};

let state = 7;
/** A whole number below n; the same sequence in each process. */
function draw(n: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state % n;
}

/** A model's work with random weights and text: quick to make, and its steps cost the same. */
export function cardWork(name: ModelName): TrainingWork {
  const { config, exitLayers, pooling } = shapes[name];
  // Tokens from a small text's vocabulary, so that equally many word embeddings are trained.
  const ids = Array.from({ length: batchCount * batch.B }, () =>
    Array.from({ length: batch.T }, () => 1000 + 12 * draw(2300)),
  );
  const parameters = [
    ...encoderParameters(config, config.numHiddenLayers),
    ...exitParameters(config, exitLayers, classes, pooling),
  ];
  const weights = quickWeights(parameters, config);
  return {
    encoder: { config, pooling, weights: async () => weights },
    exitLayers,
    weights,
    split: {
      inputIds: ragged(ids),
      tokenTypeIds: ragged(ids.map((row) => row.map(() => 0))),
      labels: Int32Array.from(ids, (_, i) => i % classes),
    },
  };
}

/** Like `initialWeights`, but large tables repeat 64 Ki different numbers. */
function quickWeights(
  specs: readonly ParameterSpec[],
  config: EncoderConfig,
): TrainingWork["weights"] {
  const size = 65536;
  const table = initialWeights([{ name: "table", shape: [size], role: "weight" }], config, 0);
  const numbers = table["table"]?.data;
  if (!(numbers instanceof Float32Array)) throw new TypeError("card: weights must be float32");
  const weights = initialWeights(
    specs.filter((s) => s.role === "bias" || s.role === "norm"),
    config,
    0,
  );
  for (const { name, shape } of specs) {
    if (weights[name] !== undefined) continue;
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i += 4096) {
      const at = draw(size - 4096);
      data.set(numbers.subarray(at, at + Math.min(4096, data.length - i)), i);
    }
    weights[name] = { shape, data };
  }
  return weights;
}

/** Multiplications and additions of a step's matrix products: forward once, backward twice. */
export function stepFlop(name: ModelName): number {
  const { hiddenSize: c, intermediateSize: f, numHiddenLayers: layers } = shapes[name].config;
  const n = batch.B * batch.T;
  return 3 * 2 * layers * (n * (4 * c * c + 2 * c * f) + 2 * n * batch.T * c);
}
