import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import type { EncoderDefinition } from "../encoder-kind.ts";
import { checkKeys } from "../unread-keys.ts";
import { type DropoutSite, projectionSites } from "../layers/dropout-sites.ts";
import {
  count,
  type EncoderShape,
  encoderShape,
  only,
  shapeJson,
  shapeKeys,
} from "../encoder-shape.ts";
import {
  denseParameters,
  embeddingsParameters,
  type ParameterSpec,
  transformerLayerParameters,
} from "../layers/parameters.ts";

/** BERT and models of the same architecture: multilingual BERT, MiniLM. */
export interface BertConfig extends EncoderShape {
  modelType: "bert";
}

/** The keys that are read from BERT's and RoBERTa's `config.json`. */
export const bertKeys: typeof shapeKeys & {
  type_vocab_size: z.ZodType<number>;
  position_embedding_type: z.ZodType;
} = {
  ...shapeKeys,
  type_vocab_size: count(1 << 16),
  position_embedding_type: only("absolute", "one learned vector per position").default("absolute"),
};

const schema = z.looseObject({ ...bertKeys, model_type: z.literal("bert") });

/** The definition of BERT; `bert` is its computation. */
export const bertDefinition: EncoderDefinition<BertConfig> = {
  prefix: "bert.",
  readConfig(json, where, warn) {
    const c = parse(schema, json, where);
    checkKeys(json, Object.keys(schema.shape), c, where, warn);
    return { modelType: "bert", ...encoderShape(c, c.type_vocab_size, where) };
  },
  configJson: (config) => ({
    model_type: config.modelType,
    ...shapeJson(config),
    position_embedding_type: "absolute",
  }),
  longestText: (config) => config.maxPositionEmbeddings,
  poolerActivation: () => "tanh",
  embeddingParameters: (config) => embeddingsParameters(config, config.maxPositionEmbeddings),
  sharedParameters: () => [],
  layerParameters: bertLayerParameters,
  layerSites: bertLayerSites,
};

/** The parameters of a layer of BERT. */
export function bertLayerParameters(config: EncoderShape, layer: number): ParameterSpec[] {
  const c = config.hiddenSize;
  return transformerLayerParameters(
    config,
    layer,
    ["query", "key", "value"].flatMap((name) => denseParameters(name, c, c)),
  );
}

/** Dropout of a layer of BERT: on the attention probabilities, then after both projections. */
export function bertLayerSites(
  config: EncoderShape,
  layer: number,
  tokens: 1 | "T",
): DropoutSite[] {
  return [
    {
      name: `layer.${layer}.attention`,
      shape: ["B", config.numAttentionHeads, tokens, "T"],
      probability: config.attentionProbsDropoutProb,
    },
    ...projectionSites(config, layer, tokens),
  ];
}
