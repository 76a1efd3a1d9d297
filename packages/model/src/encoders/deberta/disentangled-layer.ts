import * as tf from "@tensorflow/tfjs";
import type { EncoderComputation, LayerContext } from "../encoder-kind.ts";
import { attentionBias } from "../layers/attention.ts";
import { layerNorm, type LayerNormParams } from "../layers/basic-layers.ts";
import { type EmbeddingsParams, embedTokens } from "../layers/embeddings.ts";
import { type LayerParams, transformerLayer } from "../layers/transformer-layer.ts";
import {
  disentangledAttention,
  type DisentangledProjections,
  type DistanceRows,
} from "./disentangled-attention.ts";
import type { DebertaShape } from "./shared-config.ts";

/**
 * The parameters of any version of DeBERTa, a tree whose paths are Hugging Face's names; `S` are those of its
 * self-attention.
 */
export interface DisentangledParams<S, T = tf.Tensor> {
  embeddings: EmbeddingsParams<T>;
  encoder: {
    rel_embeddings: { weight: T };
    /** Of the embeddings of relative positions; version 2 may have it. */
    LayerNorm?: LayerNormParams<T>;
    layer: Record<string, LayerParams<S, T>>;
  };
}

/**
 * The computation of a version of DeBERTa: see `transformerLayer` and `disentangledAttention`. Embeddings are
 * 0 at padding.
 *
 * @param projections a layer's projections of contents and positions
 * @param distances which row each distance has
 */
export function disentangled<C extends DebertaShape, S>(
  projections: (self: S, config: C) => DisentangledProjections,
  distances: (config: C) => DistanceRows,
): EncoderComputation<C, DisentangledParams<S>> {
  return {
    embed(p, inputs, { layerNormEps }, dropout) {
      const embedded = embedTokens(p.embeddings, inputs, layerNormEps);
      return dropout("embeddings", tf.mul(embedded, tf.expandDims(inputs.attentionMask, 2)));
    },
    context(p, attentionMask, { layerNormEps }) {
      const { rel_embeddings, LayerNorm } = p.encoder;
      const table = rel_embeddings.weight as tf.Tensor2D;
      return {
        attentionMask,
        bias: attentionBias(attentionMask),
        relative: LayerNorm === undefined ? table : layerNorm(LayerNorm, table, layerNormEps),
      };
    },
    layer(p, layer, hidden, context, config, dropout, read) {
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
            distances(config),
            context,
            config.numAttentionHeads,
            (probabilities) => dropout(`layer.${layer}.attention`, probabilities),
          ),
        config,
        dropout,
        read,
      );
    },
  };
}

/** The embeddings of relative positions. @throws TypeError if the context has none */
function relativeOf({ relative }: LayerContext): tf.Tensor2D {
  if (relative === undefined) throw new TypeError("deberta: no embeddings of relative positions");
  return relative;
}
