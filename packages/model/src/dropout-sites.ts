import type * as tf from "@tensorflow/tfjs";
import type { BertConfig } from "./config.ts";
import { type Pooling, tokensRead } from "./exit-head.ts";

/** Drops numbers of `x` at a named place of the model; the identity when not training. */
export type Dropout = <T extends tf.Tensor>(site: string, x: T) => T;

/** A place where dropout acts. */
export interface DropoutSite {
  name: string;
  /** The mask's shape; `B` and `T` are the batch and its length. */
  shape: readonly (number | "B" | "T")[];
  /** The probability that a number is dropped. */
  probability: number;
}

/**
 * Every place where BERT with exits applies dropout, in the order in which it does: after the
 * embeddings, to the attention probabilities, after both projections of a layer, before each
 * exit's classifier. The last layer's masks are of the tokens that its exit reads.
 *
 * Source: Hugging Face transformers, models/bert/modeling_bert.py.
 */
export function dropoutSites(
  config: BertConfig,
  exitLayers: readonly number[],
  pooling: Pooling,
): DropoutSite[] {
  const { hiddenSize: c, numAttentionHeads: heads } = config;
  const hidden = (name: string, tokens: 1 | "T" = "T"): DropoutSite => ({
    name,
    shape: ["B", tokens, c],
    probability: config.hiddenDropoutProb,
  });
  const depth = Math.max(...exitLayers);
  const tokensOf = (layer: number) =>
    layer === depth && tokensRead(pooling) === "first" ? 1 : "T";
  const layers = Array.from({ length: depth }, (_, i): DropoutSite[] => [
    {
      name: `layer.${i + 1}.attention`,
      shape: ["B", heads, tokensOf(i + 1), "T"],
      probability: config.attentionProbsDropoutProb,
    },
    hidden(`layer.${i + 1}.attentionOutput`, tokensOf(i + 1)),
    hidden(`layer.${i + 1}.output`, tokensOf(i + 1)),
    ...(exitLayers.includes(i + 1)
      ? [{ name: `exit.${i + 1}`, shape: ["B", c], probability: config.hiddenDropoutProb } as const]
      : []),
  ]);
  return [hidden("embeddings"), ...layers.flat()];
}
