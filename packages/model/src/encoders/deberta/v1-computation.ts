import * as tf from "@tensorflow/tfjs";
import type { EncoderComputation } from "../encoder-kind.ts";
import { linear, type LinearParams } from "../layers/basic-layers.ts";
import { type DisentangledProjections, plainDistanceRows } from "./disentangled-attention.ts";
import { disentangled, type DisentangledParams } from "./disentangled-layer.ts";
import type { DebertaConfig } from "./v1-definition.ts";

/** Query, key and value are one product, head by head; keys have no bias. */
interface SelfAttentionParams<T = tf.Tensor> {
  /** `[3 C, C]`: for each head the rows of its query, its key and its value. */
  in_proj: { weight: T };
  q_bias: T;
  v_bias: T;
  pos_proj?: { weight: T };
  pos_q_proj?: LinearParams<T>;
}

/**
 * The first DeBERTa: attention treats contents and relative positions separately.
 *
 * Source: He et al., arXiv:2006.03654; Hugging Face transformers, models/deberta/modeling_deberta.py.
 */
export const deberta: EncoderComputation<
  DebertaConfig,
  DisentangledParams<SelfAttentionParams>
> = disentangled(projections, (config) =>
  plainDistanceRows(config.maxRelativePositions, config.maxPositionEmbeddings),
);

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
