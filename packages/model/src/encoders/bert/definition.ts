import { z } from "zod";
import type { EncoderDefinition } from "../encoder-kind.ts";
import { readKeys } from "../unread-keys.ts";
import { projectionSites } from "../layers/dropout-sites.ts";
import { type EncoderShape, encoderShape, only, shapeJson, shapeKeys } from "../encoder-shape.ts";
import {
  denseParameters,
  embeddingsParameters,
  transformerLayerParameters,
} from "../layers/parameters.ts";

/** BERT and models of the same architecture: multilingual BERT, MiniLM. */
export interface BertConfig extends EncoderShape {
  modelType: "bert";
}

/** The keys that are read from BERT's and RoBERTa's `config.json`. */
export const bertKeys: typeof shapeKeys & { position_embedding_type: z.ZodType } = {
  ...shapeKeys,
  position_embedding_type: only("absolute", "one learned vector per position").default("absolute"),
};

/** What the definitions of BERT and RoBERTa share. */
export const bertLayers: Pick<
  EncoderDefinition<EncoderShape>,
  "poolerActivation" | "embeddingParameters" | "sharedParameters" | "layerParameters" | "layerSites"
> = {
  poolerActivation: () => "tanh",
  embeddingParameters: (config) => embeddingsParameters(config, config.maxPositionEmbeddings),
  sharedParameters: () => [],
  layerParameters: (config, layer) =>
    transformerLayerParameters(
      config,
      layer,
      ["query", "key", "value"].flatMap((name) =>
        denseParameters(name, config.hiddenSize, config.hiddenSize),
      ),
    ),
  // On the attention probabilities, then after both projections.
  layerSites: (config, layer, tokens) => [
    {
      name: `layer.${layer}.attention`,
      shape: ["B", config.numAttentionHeads, tokens, "T"],
      probability: config.attentionProbsDropoutProb,
    },
    ...projectionSites(config, layer, tokens),
  ],
};

const schema = z.looseObject({ ...bertKeys, model_type: z.literal("bert") });

/** The definition of BERT; `bert` is its computation. */
export const bertDefinition: EncoderDefinition<BertConfig> = {
  ...bertLayers,
  prefix: "bert.",
  readConfig(json, where, warn) {
    const c = readKeys(schema, json, where, warn);
    return { modelType: "bert", ...encoderShape(c, where) };
  },
  configJson: (config) => ({
    model_type: config.modelType,
    ...shapeJson(config),
    position_embedding_type: "absolute",
  }),
  longestText: (config) => config.maxPositionEmbeddings,
};
