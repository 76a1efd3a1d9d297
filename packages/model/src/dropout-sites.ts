import type * as tf from "@tensorflow/tfjs";
import type { BertConfig } from "./config.ts";

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
 * exit's classifier.
 *
 * Source: Hugging Face transformers, models/bert/modeling_bert.py.
 */
export function dropoutSites(config: BertConfig, exitLayers: readonly number[]): DropoutSite[] {
  const { hiddenSize: c, numAttentionHeads: heads } = config;
  const hidden = (name: string): DropoutSite => ({
    name,
    shape: ["B", "T", c],
    probability: config.hiddenDropoutProb,
  });
  const depth = Math.max(...exitLayers);
  const layers = Array.from({ length: depth }, (_, i): DropoutSite[] => [
    {
      name: `layer.${i + 1}.attention`,
      shape: ["B", heads, "T", "T"],
      probability: config.attentionProbsDropoutProb,
    },
    hidden(`layer.${i + 1}.attentionOutput`),
    hidden(`layer.${i + 1}.output`),
    ...(exitLayers.includes(i + 1)
      ? [{ name: `exit.${i + 1}`, shape: ["B", c], probability: config.hiddenDropoutProb } as const]
      : []),
  ]);
  return [hidden("embeddings"), ...layers.flat()];
}
