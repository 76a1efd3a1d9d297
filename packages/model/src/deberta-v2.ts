import * as tf from "@tensorflow/tfjs";
import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import type { Architecture, LayerContext } from "./architecture.ts";
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
  bucketedDistanceRows,
  disentangledAttention,
  type DisentangledProjections,
  type DistanceRows,
  plainDistanceRows,
} from "./disentangled-attention.ts";
import type { Dropout } from "./dropout-sites.ts";
import { embeddingsParameters, type EmbeddingsParams } from "./embeddings.ts";
import { checkKeys, only } from "./encoder-config.ts";
import type { ExitParams, TokensRead } from "./exit-head.ts";
import { gelu, layerNorm, type LayerNormParams, linear, type LinearParams } from "./layers.ts";
import { denseParameters, normParameters, type ParameterSpec } from "./parameters.ts";
import {
  type LayerParams,
  transformerLayer,
  transformerLayerParameters,
} from "./transformer-layer.ts";

/** DeBERTa v2 and v3. */
export interface DebertaV2Config extends DebertaShape {
  modelType: "deberta-v2";
  /** How many rows of relative positions there are for each sign; without, one for each distance. */
  positionBuckets: number | undefined;
  /** Whether positions are projected by the contents' own query and key. */
  shareAttKey: boolean;
  /** Whether the embeddings of relative positions go through a layer norm. */
  normRelEbd: boolean;
  /** The convolution beside the first layer. */
  conv: { kernelSize: number; activation: "gelu" | "tanh" } | undefined;
}

interface SelfAttentionParams<T = tf.Tensor> {
  query_proj: LinearParams<T>;
  key_proj: LinearParams<T>;
  value_proj: LinearParams<T>;
  pos_key_proj?: LinearParams<T>;
  pos_query_proj?: LinearParams<T>;
}

interface ConvParams<T = tf.Tensor> {
  /** weight `[C, C, kernel]` */
  conv: LinearParams<T>;
  LayerNorm: LayerNormParams<T>;
}

/** A tree whose paths are Hugging Face's names, plus `exits.N` for the exit after layer N. */
export interface DebertaV2Params<T = tf.Tensor> {
  embeddings: EmbeddingsParams<T>;
  encoder: {
    rel_embeddings: { weight: T };
    LayerNorm?: LayerNormParams<T>;
    conv?: ConvParams<T>;
    layer: Record<string, LayerParams<SelfAttentionParams<T>, T>>;
  };
  exits: Record<string, ExitParams<T>>;
}

const schema = z.looseObject({
  ...debertaKeys,
  model_type: z.literal("deberta-v2"),
  position_buckets: z.int().default(-1),
  share_att_key: z.boolean().default(false),
  norm_rel_ebd: z.enum(["none", "layer_norm"]).default("none"),
  conv_kernel_size: z.int().nonnegative().default(0),
  conv_act: z.enum(["gelu", "tanh"]).default("tanh"),
  conv_groups: only(1, "a convolution over all channels").default(1),
});

/**
 * DeBERTa v2 and v3: distances in buckets that widen, positions projected by the contents' own query
 * and key where the configuration says so, perhaps a convolution beside the first layer.
 *
 * Source: He et al., arXiv:2006.03654 and arXiv:2111.09543; Hugging Face transformers,
 * models/deberta_v2/modeling_deberta_v2.py.
 */
export const debertaV2: Architecture<DebertaV2Config, DebertaV2Params> = {
  prefix: "deberta.",
  readConfig(json, where) {
    const c = parse(schema, json, where);
    checkKeys(json, Object.keys(schema.shape), where);
    if (c.conv_kernel_size > 0 && c.conv_kernel_size % 2 === 0) {
      throw new RangeError(`${where}: conv_kernel_size must be odd, got ${c.conv_kernel_size}`);
    }
    return {
      modelType: "deberta-v2",
      ...debertaShape(c, where),
      positionBuckets: c.position_buckets > 0 ? c.position_buckets : undefined,
      shareAttKey: c.share_att_key,
      normRelEbd: c.norm_rel_ebd === "layer_norm",
      conv:
        c.conv_kernel_size > 0
          ? { kernelSize: c.conv_kernel_size, activation: c.conv_act }
          : undefined,
    };
  },
  configJson: (config) => ({
    model_type: "deberta-v2",
    ...debertaJson(config),
    position_buckets: config.positionBuckets ?? -1,
    share_att_key: config.shareAttKey,
    norm_rel_ebd: config.normRelEbd ? "layer_norm" : "none",
    ...(config.conv && {
      conv_kernel_size: config.conv.kernelSize,
      conv_act: config.conv.activation,
    }),
  }),
  longestText: (config) => config.maxPositionEmbeddings,
  poolerActivation: (config) => config.poolerActivation,
  embeddingParameters: (config) =>
    embeddingsParameters(config, config.positionBiasedInput ? config.maxPositionEmbeddings : 0),
  sharedParameters: (config) => [
    {
      name: "encoder.rel_embeddings.weight",
      shape: [relativeRows(config), config.hiddenSize],
      role: "embedding",
    },
    ...(config.normRelEbd ? normParameters("encoder.LayerNorm", config.hiddenSize) : []),
  ],
  layerParameters(config, layer) {
    const { hiddenSize: c, positionTerms, shareAttKey } = config;
    const names = ["query_proj", "key_proj", "value_proj"];
    if (!shareAttKey && positionTerms.includes("c2p")) names.push("pos_key_proj");
    if (!shareAttKey && positionTerms.includes("p2c")) names.push("pos_query_proj");
    const self = names.flatMap((name) => denseParameters(name, c, c));
    return [
      ...transformerLayerParameters(config, layer, self),
      ...(layer === 1 ? convParameters(config) : []),
    ];
  },
  embed: (p, inputs, config, dropout) => embedDeberta(p.embeddings, inputs, config, dropout),
  context: (p, attentionMask, config) => {
    const { rel_embeddings, LayerNorm } = p.encoder;
    const table = rel_embeddings.weight as tf.Tensor2D;
    return {
      attentionMask,
      bias: attentionBias(attentionMask),
      relative: LayerNorm === undefined ? table : layerNorm(LayerNorm, table, config.layerNormEps),
    };
  },
  layer(p, layer, hidden, context, config, dropout, read) {
    const relative = dropout(`layer.${layer}.relative`, relativeOf(context));
    const result = transformerLayer(
      p.encoder.layer[layer - 1],
      layer,
      hidden,
      (self, tokens) =>
        disentangledAttention(
          projections(self, config),
          tokens,
          relative,
          distanceRows(config),
          context,
          config.numAttentionHeads,
          (probabilities) => dropout(`layer.${layer}.attention`, probabilities),
        ),
      config,
      dropout,
      read,
    );
    const { conv } = p.encoder;
    if (layer !== 1 || conv === undefined) return result;
    return withConvolution(conv, hidden, result, context, config, dropout, read);
  },
  layerSites: (config, layer, tokens) => [
    ...debertaLayerSites(config, layer, tokens, relativeRows(config)),
    ...(layer === 1 && config.conv !== undefined
      ? [
          {
            name: "convolution",
            shape: ["B", tokens, config.hiddenSize] as const,
            probability: config.hiddenDropoutProb,
          },
        ]
      : []),
  ],
};

function relativeRows({ positionBuckets, maxRelativePositions }: DebertaV2Config): number {
  return 2 * (positionBuckets ?? maxRelativePositions);
}

function distanceRows(config: DebertaV2Config): DistanceRows {
  const { positionBuckets, maxRelativePositions, maxPositionEmbeddings } = config;
  return positionBuckets === undefined
    ? plainDistanceRows(maxRelativePositions, maxPositionEmbeddings)
    : bucketedDistanceRows(positionBuckets, maxRelativePositions, maxPositionEmbeddings);
}

function projections(
  p: SelfAttentionParams,
  { shareAttKey, positionTerms }: DebertaV2Config,
): DisentangledProjections {
  const positionKey = shareAttKey ? p.key_proj : p.pos_key_proj;
  const positionQuery = shareAttKey ? p.query_proj : p.pos_query_proj;
  return {
    query: (x) => linear(p.query_proj, x),
    key: (x) => linear(p.key_proj, x),
    value: (x) => linear(p.value_proj, x),
    ...(positionTerms.includes("c2p") &&
      positionKey && { positionKey: (x) => linear(positionKey, x) }),
    ...(positionTerms.includes("p2c") &&
      positionQuery && { positionQuery: (x) => linear(positionQuery, x) }),
  };
}

function convParameters({ conv, hiddenSize: c }: DebertaV2Config): ParameterSpec[] {
  if (conv === undefined) return [];
  return [
    { name: "encoder.conv.conv.weight", shape: [c, c, conv.kernelSize], role: "weight" },
    { name: "encoder.conv.conv.bias", shape: [c], role: "bias" },
    ...normParameters("encoder.conv.LayerNorm", c),
  ];
}

/**
 * A convolution over the first layer's input, added to its output and normalised; 0 for padding.
 *
 * @param input `[B, T, C]`, of which padding is 0
 * @param output `[B, Q, C]`
 */
function withConvolution(
  p: ConvParams,
  input: tf.Tensor3D,
  output: tf.Tensor3D,
  { attentionMask }: LayerContext,
  { conv, layerNormEps }: DebertaV2Config,
  dropout: Dropout,
  read: TokensRead,
): tf.Tensor3D {
  const [b, t, c] = input.shape;
  const kernel = conv?.kernelSize ?? 1;
  const before = (kernel - 1) / 2;
  // Each token beside its neighbours, [B, T, kernel * C], so that one product does.
  const padded = tf.pad(input, [
    [0, 0],
    [before, before],
    [0, 0],
  ]);
  const length = read === "all" ? t : 1;
  const neighbours = tf.concat(
    Array.from({ length: kernel }, (_, k) => tf.slice(padded, [0, k, 0], [b, length, c])),
    2,
  );
  const weight = tf.transpose(p.conv.weight as tf.Tensor3D, [0, 2, 1]).reshape([c, kernel * c]);
  const sums = linear(
    { weight, bias: p.conv.bias },
    neighbours.reshape<tf.Tensor2D>([b * length, kernel * c]),
  ).reshape<tf.Tensor3D>([b, length, c]);
  const mask = tf.expandDims(attentionMask, 2);
  const tokens = read === "all" ? mask : tf.slice(mask, [0, 0, 0], [b, 1, 1]);
  const activate = conv?.activation === "gelu" ? gelu<tf.Tensor3D> : tf.tanh<tf.Tensor3D>;
  const activated = activate(dropout("convolution", tf.mul<tf.Tensor3D>(sums, tokens)));
  return tf.mul(
    layerNorm(p.LayerNorm, tf.add<tf.Tensor3D>(output, activated), layerNormEps),
    tokens,
  );
}
