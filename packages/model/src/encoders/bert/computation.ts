import type * as tf from "@tensorflow/tfjs";
import type { EncoderComputation } from "../encoder-kind.ts";
import { attentionBias, selfAttention, type SelfAttentionParams } from "../layers/attention.ts";
import { type EmbeddingsParams, embedTokens } from "../layers/embeddings.ts";
import type { EncoderShape } from "../encoder-shape.ts";
import { type LayerParams, transformerLayer } from "../layers/transformer-layer.ts";

/** The encoder's parameters, a tree whose paths are Hugging Face's names. */
export interface BertParams<T = tf.Tensor> {
  embeddings: EmbeddingsParams<T>;
  /** By the layer's index, from 0, as Hugging Face counts. */
  encoder: { layer: Record<string, LayerParams<SelfAttentionParams<T>, T>> };
}

/**
 * BERT: absolute positions in the embeddings, self-attention over contents only.
 *
 * Source: Devlin et al., arXiv:1810.04805; Hugging Face transformers, models/bert/modeling_bert.py.
 */
export const bert: EncoderComputation<EncoderShape, BertParams> = {
  embed: (p, inputs, config, dropout) =>
    dropout("embeddings", embedTokens(p.embeddings, inputs, config.layerNormEps)),
  context: (_p, attentionMask) => ({ attentionMask, bias: attentionBias(attentionMask) }),
  layer: (p, layer, hidden, { bias }, config, dropout, read) =>
    transformerLayer(
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
    ),
};
