import * as tf from "@tensorflow/tfjs";
import type { EncoderInputs } from "../encoder-kind.ts";
import { layerNorm, type LayerNormParams } from "./basic-layers.ts";

/** The parameters of the embeddings; an encoder may have no positions and no token types. */
export interface EmbeddingsParams<T = tf.Tensor> {
  word_embeddings: { weight: T };
  position_embeddings?: { weight: T };
  token_type_embeddings?: { weight: T };
  LayerNorm: LayerNormParams<T>;
}

/**
 * The embeddings of tokens, token types and positions, summed and normalised: `[B, T] -> [B, T, C]`.
 *
 * @param firstPosition the first token's row in the table of positions
 */
export function embedTokens(
  p: EmbeddingsParams,
  { inputIds, tokenTypeIds }: EncoderInputs,
  epsilon: number,
  firstPosition = 0,
): tf.Tensor3D {
  let sum = lookUp(p.word_embeddings.weight, inputIds);
  if (p.token_type_embeddings !== undefined)
    sum = tf.add(sum, lookUp(p.token_type_embeddings.weight, tokenTypeIds));
  if (p.position_embeddings !== undefined) {
    const length = inputIds.shape[1];
    const rows = tf.range(firstPosition, firstPosition + length, 1, "int32");
    // [T, C]; added to each sequence
    sum = tf.add(sum, tf.gather(p.position_embeddings.weight, rows));
  }
  return layerNorm(p.LayerNorm, sum, epsilon);
}

/** Rows of a table `[V, C]` by their ids: `[B, T] -> [B, T, C]`. */
function lookUp(table: tf.Tensor, ids: tf.Tensor2D): tf.Tensor3D {
  return tf.gather(table, ids.flatten()).reshape([...ids.shape, table.shape[1] ?? 0]);
}
