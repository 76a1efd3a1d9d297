import * as tf from "@tensorflow/tfjs";
import type { EncoderComputation, LayerContext, TokensRead } from "../encoder-kind.ts";
import { disentangled, type DisentangledParams } from "./disentangled-layer.ts";
import type { DebertaV2Config } from "./v2-definition.ts";
import {
  bucketedDistanceRows,
  type DisentangledProjections,
  type DistanceRows,
  plainDistanceRows,
} from "./disentangled-attention.ts";
import type { Dropout } from "../layers/dropout-sites.ts";
import {
  gelu,
  layerNorm,
  type LayerNormParams,
  linear,
  type LinearParams,
} from "../layers/basic-layers.ts";

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

/** The encoder's parameters, a tree whose paths are Hugging Face's names. */
interface DebertaV2Params extends DisentangledParams<SelfAttentionParams> {
  encoder: DisentangledParams<SelfAttentionParams>["encoder"] & { conv?: ConvParams };
}

const layers = disentangled(projections, distanceRows);

/**
 * DeBERTa v2 and v3: distances in buckets that widen, positions projected by the query and key of the
 * contents if configured, and optionally a convolution beside the first layer.
 *
 * Source: He et al., arXiv:2006.03654 and arXiv:2111.09543; Hugging Face transformers,
 * models/deberta_v2/modeling_deberta_v2.py.
 */
export const debertaV2: EncoderComputation<DebertaV2Config, DebertaV2Params> = {
  ...layers,
  layer(p, layer, hidden, context, config, dropout, read) {
    const result = layers.layer(p, layer, hidden, context, config, dropout, read);
    const { conv } = p.encoder;
    if (layer !== 1 || conv === undefined) return result;
    return withConvolution(conv, hidden, result, context, config, dropout, read);
  },
};

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

/**
 * A convolution over the first layer's input, added to its output and normalised; 0 at padding.
 *
 * @param input `[B, T, C]`, 0 at padding
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
  // Each token with its neighbours, [B, T, kernel * C], so that one product is enough.
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
