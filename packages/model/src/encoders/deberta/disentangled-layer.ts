import * as tf from "@tensorflow/tfjs";
import type { EncoderInputs, LayerContext, TokensRead } from "../encoder-kind.ts";
import type { Dropout } from "../layers/dropout-sites.ts";
import { type EmbeddingsParams, embedTokens } from "../layers/embeddings.ts";
import { type LayerParams, transformerLayer } from "../layers/transformer-layer.ts";
import {
  disentangledAttention,
  type DisentangledProjections,
  type DistanceRows,
} from "./disentangled-attention.ts";
import type { DebertaShape } from "./shared-config.ts";

/** What differs between versions of DeBERTa: the projections of attention, and which row a distance has. */
export interface Disentangled<S> {
  projections: (self: S) => DisentangledProjections;
  distances: DistanceRows;
}

/** A layer of any version of DeBERTa: see `transformerLayer` and `disentangledAttention`. */
export function disentangledLayer<S>(
  p: LayerParams<S> | undefined,
  layer: number,
  hidden: tf.Tensor3D,
  { projections, distances }: Disentangled<S>,
  context: LayerContext,
  config: DebertaShape,
  dropout: Dropout,
  read: TokensRead,
): tf.Tensor3D {
  const relative = dropout(`layer.${layer}.relative`, relativeOf(context));
  return transformerLayer(
    p,
    layer,
    hidden,
    (self, tokens) =>
      disentangledAttention(
        projections(self),
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
}

/** Embeddings, 0 at padding: `[B, T] -> [B, T, C]`. */
export function embedDeberta(
  p: EmbeddingsParams,
  inputs: EncoderInputs,
  { layerNormEps }: DebertaShape,
  dropout: Dropout,
): tf.Tensor3D {
  const embedded = embedTokens(p, inputs, layerNormEps);
  return dropout("embeddings", tf.mul(embedded, tf.expandDims(inputs.attentionMask, 2)));
}

/** The embeddings of relative positions. @throws TypeError if the context has none */
function relativeOf({ relative }: LayerContext): tf.Tensor2D {
  if (relative === undefined) throw new TypeError("deberta: no embeddings of relative positions");
  return relative;
}
