import * as tf from "@tensorflow/tfjs";
import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import type { Architecture } from "./architecture.ts";
import { attentionBias } from "./attention.ts";
import {
  type DebertaShape,
  debertaJson,
  debertaKeys,
  debertaLayerSites,
  debertaShape,
  embedDeberta,
  relativeOf,
} from "./deberta-shape.ts";
import {
  disentangledAttention,
  type DisentangledProjections,
  plainDistanceRows,
} from "./disentangled-attention.ts";
import { embeddingsParameters, type EmbeddingsParams } from "./embeddings.ts";
import { checkKeys, only } from "./encoder-config.ts";
import type { ExitParams } from "./exit-head.ts";
import { linear, type LinearParams } from "./layers.ts";
import { denseParameters, type ParameterSpec } from "./parameters.ts";
import {
  type LayerParams,
  transformerLayer,
  transformerLayerParameters,
} from "./transformer-layer.ts";

/** DeBERTa, the first. */
export interface DebertaConfig extends DebertaShape {
  modelType: "deberta";
}

/** One product for query, key and value, head by head; keys have no bias. */
interface SelfAttentionParams<T = tf.Tensor> {
  /** `[3 C, C]`: of each head its query's rows, its key's, its value's. */
  in_proj: { weight: T };
  q_bias: T;
  v_bias: T;
  pos_proj?: { weight: T };
  pos_q_proj?: LinearParams<T>;
}

/** A tree whose paths are Hugging Face's names, plus `exits.N` for the exit after layer N. */
export interface DebertaParams<T = tf.Tensor> {
  embeddings: EmbeddingsParams<T>;
  encoder: {
    rel_embeddings: { weight: T };
    layer: Record<string, LayerParams<SelfAttentionParams<T>, T>>;
  };
  exits: Record<string, ExitParams<T>>;
}

const schema = z.looseObject({
  ...debertaKeys,
  model_type: z.literal("deberta"),
  talking_head: only(false, "heads do not mix").default(false),
});

/**
 * DeBERTa: attention over contents and relative positions apart.
 *
 * Source: He et al., arXiv:2006.03654; Hugging Face transformers, models/deberta/modeling_deberta.py.
 */
export const deberta: Architecture<DebertaConfig, DebertaParams> = {
  prefix: "deberta.",
  readConfig(json, where) {
    const c = parse(schema, json, where);
    checkKeys(json, Object.keys(schema.shape), where);
    return { modelType: "deberta", ...debertaShape(c, where) };
  },
  configJson: (config) => ({ model_type: "deberta", ...debertaJson(config) }),
  longestText: (config) => config.maxPositionEmbeddings,
  poolerActivation: (config) => config.poolerActivation,
  embeddingParameters: (config) =>
    embeddingsParameters(config, config.positionBiasedInput ? config.maxPositionEmbeddings : 0),
  sharedParameters: ({ maxRelativePositions, hiddenSize }) => [
    {
      name: "encoder.rel_embeddings.weight",
      shape: [2 * maxRelativePositions, hiddenSize],
      role: "embedding",
    },
  ],
  layerParameters(config, layer) {
    const { hiddenSize: c, positionTerms } = config;
    const self: ParameterSpec[] = [
      { name: "in_proj.weight", shape: [3 * c, c], role: "weight" },
      { name: "q_bias", shape: [c], role: "bias" },
      { name: "v_bias", shape: [c], role: "bias" },
    ];
    if (positionTerms.includes("c2p"))
      self.push({ name: "pos_proj.weight", shape: [c, c], role: "weight" });
    if (positionTerms.includes("p2c")) self.push(...denseParameters("pos_q_proj", c, c));
    return transformerLayerParameters(config, layer, self);
  },
  embed: (p, inputs, config, dropout) => embedDeberta(p.embeddings, inputs, config, dropout),
  context: (p, attentionMask) => ({
    attentionMask,
    bias: attentionBias(attentionMask),
    relative: p.encoder.rel_embeddings.weight as tf.Tensor2D,
  }),
  layer(p, layer, hidden, context, config, dropout, read) {
    const distances = plainDistanceRows(config.maxRelativePositions, config.maxPositionEmbeddings);
    const relative = dropout(`layer.${layer}.relative`, relativeOf(context));
    return transformerLayer(
      p.encoder.layer[layer - 1],
      layer,
      hidden,
      (self, tokens) =>
        disentangledAttention(
          projections(self, config),
          tokens,
          relative,
          distances,
          context,
          config.numAttentionHeads,
          (probabilities) => dropout(`layer.${layer}.attention`, probabilities),
        ),
      config,
      dropout,
      read,
    );
  },
  layerSites: (config, layer, tokens) =>
    debertaLayerSites(config, layer, tokens, 2 * config.maxRelativePositions),
};

function projections(
  { in_proj, q_bias, v_bias, pos_proj, pos_q_proj }: SelfAttentionParams,
  { hiddenSize: c, numAttentionHeads: heads }: DebertaConfig,
): DisentangledProjections {
  // [3 C, C] -> [H, 3, D, C] -> three of [C, C]
  const perHead = in_proj.weight.reshape<tf.Tensor4D>([heads, 3, c / heads, c]);
  const [query, key, value] = [0, 1, 2].map((i) =>
    tf.slice(perHead, [0, i, 0, 0], [heads, 1, c / heads, c]).reshape<tf.Tensor2D>([c, c]),
  ) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]; // one for each of the three
  return {
    query: (x) => linear({ weight: query, bias: q_bias }, x),
    key: (x) => tf.matMul(x, key, false, true),
    value: (x) => linear({ weight: value, bias: v_bias }, x),
    ...(pos_proj && {
      positionKey: (x) => tf.matMul(x, pos_proj.weight as tf.Tensor2D, false, true),
    }),
    ...(pos_q_proj && { positionQuery: (x) => linear(pos_q_proj, x) }),
  };
}
