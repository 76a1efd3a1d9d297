import type * as tf from "@tensorflow/tfjs";
import { didYouMean } from "@sweetspot/artifact";
import type { Architecture } from "./architecture.ts";
import { bert, type BertConfig } from "./bert.ts";
import { deberta, type DebertaConfig } from "./deberta.ts";
import { debertaV2, type DebertaV2Config } from "./deberta-v2.ts";
import type { ExitParams } from "./exit-head.ts";
import type { LinearParams } from "./layers.ts";
import { type ParameterSpec, parameterTree } from "./parameters.ts";
import { roberta, type RobertaConfig } from "./roberta.ts";

/** What shapes an encoder; `modelType` is Hugging Face's `model_type`. */
export type EncoderConfig = BertConfig | RobertaConfig | DebertaConfig | DebertaV2Config;

/** A tree of parameters whose paths are Hugging Face's names, and `exits.N` for the exit after layer N. */
export interface EncoderParams<T = tf.Tensor> {
  /** That which exits share, where they do. */
  pooler?: { dense: LinearParams<T> };
  exits: Record<string, ExitParams<T>>;
}

const architectures = {
  bert,
  roberta,
  "xlm-roberta": roberta,
  deberta,
  "deberta-v2": debertaV2,
};

/** How an encoder of a configuration computes. */
export function architectureOf(
  config: Pick<EncoderConfig, "modelType">,
): Architecture<EncoderConfig, EncoderParams> {
  // Which it is the configuration says; whoever has that configuration has such parameters.
  return architectures[config.modelType] as unknown as Architecture<EncoderConfig, EncoderParams>;
}

/**
 * The configuration that Hugging Face's `config.json` gives.
 *
 * @param json its content, see `readConfigFile`
 * @param where the file's path, for the errors
 * @throws TypeError for another kind of model, and, listing each key, for one that is missing, unknown
 *   or asks for what is not supported; RangeError for numbers that do not fit together
 */
export function encoderConfig(json: unknown, where: string): EncoderConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new TypeError(`${where}: expected an object, got ${JSON.stringify(json)?.slice(0, 80)}`);
  const type = "model_type" in json ? json.model_type : undefined;
  if (typeof type !== "string" || !Object.hasOwn(architectures, type)) {
    const known = Object.keys(architectures);
    throw new TypeError(
      `${where}: model_type: expected a kind of encoder, got ${JSON.stringify(type) ?? "none"}; ${typeof type === "string" ? didYouMean(type, known) : `known are ${known.join(", ")}`}`,
    );
  }
  const modelType = type as EncoderConfig["modelType"]; // a key of the table
  return architectureOf({ modelType }).readConfig(json, where);
}

/** The `config.json` that says the same. */
export function encoderConfigJson(config: EncoderConfig): Record<string, unknown> {
  return architectureOf(config).configJson(config);
}

/** Tokens of the longest text that an encoder reads, special ones included. */
export function longestText(config: EncoderConfig): number {
  return architectureOf(config).longestText(config);
}

/** Every parameter of the encoder's first `depth` layers, in the order in which they are used. */
export function encoderParameters(
  config: EncoderConfig,
  depth: number = config.numHiddenLayers,
): ParameterSpec[] {
  return segmentParameters(config, 0, depth);
}

/**
 * The parameters of the layers after `after` up to `upTo`, those of the embeddings if that begins
 * with the first, and those that all layers share.
 */
export function segmentParameters(
  config: EncoderConfig,
  after: number,
  upTo: number,
): ParameterSpec[] {
  const architecture = architectureOf(config);
  return [
    ...(after === 0 ? architecture.embeddingParameters(config) : []),
    ...architecture.sharedParameters(config),
    ...Array.from({ length: upTo - after }, (_, i) =>
      architecture.layerParameters(config, after + i + 1),
    ).flat(),
  ];
}

/** Arranges values by name into the tree that the model takes. */
export function encoderParams<T>(byName: Readonly<Record<string, T>>): EncoderParams<T> {
  return parameterTree(byName) as unknown as EncoderParams<T>; // the names spell it out
}
