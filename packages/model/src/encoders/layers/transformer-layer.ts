import * as tf from "@tensorflow/tfjs";
import type { Dropout } from "./dropout-sites.ts";
import type { EncoderShape } from "../encoder-shape.ts";
import type { TokensRead } from "../encoder-kind.ts";
import {
  gelu,
  layerNorm,
  type LayerNormParams,
  linear,
  type LinearParams,
} from "./basic-layers.ts";

/** The parameters of one layer, by Hugging Face's names; `S` are those of its self-attention. */
export interface LayerParams<S, T = tf.Tensor> {
  attention: {
    self: S;
    output: { dense: LinearParams<T>; LayerNorm: LayerNormParams<T> };
  };
  intermediate: { dense: LinearParams<T> };
  output: { dense: LinearParams<T>; LayerNorm: LayerNormParams<T> };
}

/** The tokens of self-attention: B sequences end to end. */
export interface Attended {
  /** `[B * T, C]`: the keys and values. */
  all: tf.Tensor2D;
  /** `[B * Q, C]`: the queries; all tokens, or the first of each sequence. */
  asking: tf.Tensor2D;
}

/**
 * One transformer layer with any self-attention, normalised after each addition:
 * `[B, T, C] -> [B, T, C]`, or `-> [B, 1, C]` for the first token alone.
 *
 * @param layer counted from 1
 * @param attend self-attention before the output projection, `-> [B * Q, C]`
 * @param read the tokens to compute: the last layer may need only the first
 *
 * Source: Vaswani et al., arXiv:1706.03762; BERT, arXiv:1810.04805.
 */
export function transformerLayer<S>(
  p: LayerParams<S> | undefined,
  layer: number,
  hidden: tf.Tensor3D,
  attend: (p: S, tokens: Attended) => tf.Tensor2D,
  { layerNormEps }: EncoderShape,
  dropout: Dropout,
  read: TokensRead,
): tf.Tensor3D {
  if (p === undefined) throw new RangeError(`encoder: no parameters for layer ${layer}`);
  const [b, t, c] = hidden.shape;
  const all = hidden.reshape<tf.Tensor2D>([b * t, c]);
  const [length, x] =
    read === "all"
      ? [t, all]
      : [1, tf.slice(hidden, [0, 0, 0], [b, 1, c]).reshape<tf.Tensor2D>([b, c])];
  // Dropout's masks are [B, T, C]; the products take [B * T, C].
  const drop = (site: string, y: tf.Tensor2D) =>
    dropout(`layer.${layer}.${site}`, y.reshape<tf.Tensor3D>([b, length, c])).reshape<tf.Tensor2D>([
      b * length,
      c,
    ]);
  const context = attend(p.attention.self, { all, asking: x });
  const attended = layerNorm(
    p.attention.output.LayerNorm,
    tf.add<tf.Tensor2D>(x, drop("attentionOutput", linear(p.attention.output.dense, context))),
    layerNormEps,
  );
  const fed = linear(p.output.dense, gelu(linear(p.intermediate.dense, attended)));
  const result = layerNorm(
    p.output.LayerNorm,
    tf.add<tf.Tensor2D>(attended, drop("output", fed)),
    layerNormEps,
  );
  return result.reshape<tf.Tensor3D>([b, length, c]);
}
