import { didYouMean } from "@sweetspot/artifact";
import type { EncoderDefinition } from "./encoder-kind.ts";
import { type BertConfig, bertDefinition } from "./bert/definition.ts";
import { type DebertaConfig, debertaDefinition } from "./deberta/v1-definition.ts";
import { type DebertaV2Config, debertaV2Definition } from "./deberta/v2-definition.ts";
import type { ParameterSpec } from "./layers/parameters.ts";
import { type RobertaConfig, robertaDefinition } from "./roberta/definition.ts";

/** An encoder's configuration; `modelType` is Hugging Face's `model_type`. */
export type EncoderConfig = BertConfig | RobertaConfig | DebertaConfig | DebertaV2Config;

const definitions = {
  bert: bertDefinition,
  roberta: robertaDefinition,
  "xlm-roberta": robertaDefinition,
  deberta: debertaDefinition,
  "deberta-v2": debertaV2Definition,
};

/** The definition of an encoder. */
export function definitionOf(
  config: Pick<EncoderConfig, "modelType">,
): EncoderDefinition<EncoderConfig> {
  // The table holds the definition of this configuration.
  return definitions[config.modelType] as EncoderDefinition<EncoderConfig>;
}

/**
 * Reads an encoder's configuration from Hugging Face's `config.json`.
 *
 * @param json its content
 * @param where the file's path, for the errors
 * @param warn called with one line that lists the unknown keys, if there are any
 * @throws TypeError for an unknown kind of model, and one that lists each key that is missing, out of
 *   bounds or asks for something unsupported; RangeError for numbers that do not fit together
 */
export function encoderConfig(
  json: unknown,
  where: string,
  warn: (line: string) => void = () => {},
): EncoderConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new TypeError(`${where}: expected an object, got ${JSON.stringify(json)?.slice(0, 80)}`);
  const type = "model_type" in json ? json.model_type : undefined;
  if (typeof type !== "string" || !Object.hasOwn(definitions, type)) {
    const known = Object.keys(definitions);
    throw new TypeError(
      `${where}: model_type: expected a kind of encoder, got ${JSON.stringify(type) ?? "none"}; ${typeof type === "string" ? didYouMean(type, known) : `known: ${known.join(", ")}`}`,
    );
  }
  const modelType = type as EncoderConfig["modelType"]; // a key of the table
  return definitionOf({ modelType }).readConfig(json, where, warn);
}

/** The `config.json` of a configuration. */
export function encoderConfigJson(config: EncoderConfig): Record<string, unknown> {
  return definitionOf(config).configJson(config);
}

/** Tokens of the longest text that an encoder reads, special tokens included. */
export function longestText(config: EncoderConfig): number {
  return definitionOf(config).longestText(config);
}

/** Every parameter of the encoder's first `depth` layers, in order of use. */
export function encoderParameters(
  config: EncoderConfig,
  depth: number = config.numHiddenLayers,
): ParameterSpec[] {
  return segmentParameters(config, 0, depth);
}

/**
 * The parameters of the layers after `after` up to `upTo`, with those that all layers share, and those
 * of the embeddings if `after` is 0.
 */
export function segmentParameters(
  config: EncoderConfig,
  after: number,
  upTo: number,
): ParameterSpec[] {
  const definition = definitionOf(config);
  return [
    ...(after === 0 ? definition.embeddingParameters(config) : []),
    ...definition.sharedParameters(config),
    ...Array.from({ length: upTo - after }, (_, i) =>
      definition.layerParameters(config, after + i + 1),
    ).flat(),
  ];
}
