import type * as tf from "@tensorflow/tfjs";
import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import type { Architecture, EncoderInputs, LayerContext } from "./architecture.ts";
import { attentionBias, selfAttention, type SelfAttentionParams } from "./attention.ts";
import type { Dropout } from "./dropout-sites.ts";
import { embeddingsParameters, type EmbeddingsParams, embedTokens } from "./embeddings.ts";
import {
  checkHeadDropout,
  checkKeys,
  count,
  type EncoderShape,
  encoderShape,
  only,
  shapeJson,
  shapeKeys,
} from "./encoder-config.ts";
import type { ExitParams, TokensRead } from "./exit-head.ts";
import { denseParameters } from "./parameters.ts";
import {
  type LayerParams,
  projectionSites,
  transformerLayer,
  transformerLayerParameters,
} from "./transformer-layer.ts";

/** BERT, and what is built as it is: multilingual BERT, MiniLM. */
export interface BertConfig extends EncoderShape {
  modelType: "bert";
}

/** A tree whose paths are Hugging Face's names, plus `exits.N` for the exit after layer N. */
export interface BertParams<T = tf.Tensor> {
  embeddings: EmbeddingsParams<T>;
  /** By the layer's index, from 0, as Hugging Face counts. */
  encoder: { layer: Record<string, LayerParams<SelfAttentionParams<T>, T>> };
  exits: Record<string, ExitParams<T>>;
}

/** The keys of BERT's and RoBERTa's `config.json` that are read. */
export const bertKeys: typeof shapeKeys & {
  type_vocab_size: z.ZodType<number>;
  position_embedding_type: z.ZodType;
  classifier_dropout: z.ZodType<number | null | undefined>;
} = {
  ...shapeKeys,
  type_vocab_size: count,
  position_embedding_type: only("absolute", "one learned vector per position").default("absolute"),
  classifier_dropout: z.number().nullish(),
};

const schema = z.looseObject({ ...bertKeys, model_type: z.literal("bert") });

/**
 * BERT: absolute positions in the embeddings, self-attention over contents alone.
 *
 * Source: Devlin et al., arXiv:1810.04805; Hugging Face transformers, models/bert/modeling_bert.py.
 */
export const bert: Architecture<BertConfig, BertParams> = {
  prefix: "bert.",
  readConfig(json, where) {
    const c = parse(schema, json, where);
    checkKeys(json, Object.keys(schema.shape), where);
    checkHeadDropout("classifier_dropout", c.classifier_dropout, c.hidden_dropout_prob, where);
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
  embed: (p: BertParams, inputs: EncoderInputs, config: BertConfig, dropout: Dropout) =>
    dropout("embeddings", embedTokens(p.embeddings, inputs, config.layerNormEps)),
  context: (_p, attentionMask) => ({ attentionMask, bias: attentionBias(attentionMask) }),
  layer: bertLayer,
  layerSites: bertLayerSites,
};

/** BERT's layer: see `transformerLayer` and `selfAttention`. */
export function bertLayer(
  p: BertParams,
  layer: number,
  hidden: tf.Tensor3D,
  { bias }: LayerContext,
  config: EncoderShape,
  dropout: Dropout,
  read: TokensRead,
): tf.Tensor3D {
  return transformerLayer(
    p.encoder.layer[layer - 1],
    layer,
    hidden,
    (self, { all, asking }) =>
      selfAttention(self, all, asking, bias, config.numAttentionHeads, (probabilities) =>
        dropout(`layer.${layer}.attention`, probabilities),
      ),
    config,
    dropout,
    read,
  );
}

/** The parameters of BERT's layer. */
export function bertLayerParameters(
  config: EncoderShape,
  layer: number,
): ReturnType<typeof transformerLayerParameters> {
  const c = config.hiddenSize;
  return transformerLayerParameters(
    config,
    layer,
    ["query", "key", "value"].flatMap((name) => denseParameters(name, c, c)),
  );
}

/** To the attention probabilities, then after both projections. */
export function bertLayerSites(
  config: EncoderShape,
  layer: number,
  tokens: 1 | "T",
): ReturnType<typeof projectionSites> {
  return [
    {
      name: `layer.${layer}.attention`,
      shape: ["B", config.numAttentionHeads, tokens, "T"],
      probability: config.attentionProbsDropoutProb,
    },
    ...projectionSites(config, layer, tokens),
  ];
}
