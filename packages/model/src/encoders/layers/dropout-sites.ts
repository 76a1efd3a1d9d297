import type * as tf from "@tensorflow/tfjs";
import type { EncoderShape } from "../encoder-shape.ts";

/** Applies dropout to `x` at a named place of the model; the identity outside training. */
export type Dropout = <T extends tf.Tensor>(site: string, x: T) => T;

/** A place where the model applies dropout. */
export interface DropoutSite {
  name: string;
  /** The mask's shape; `B` and `T` are the batch and its length. */
  shape: readonly (number | "B" | "T")[];
  /** The probability that a number is dropped. */
  probability: number;
}

/** The places after both projections of a layer, which follow those in its attention. */
export function projectionSites(
  { hiddenSize, hiddenDropoutProb: probability }: EncoderShape,
  layer: number,
  tokens: 1 | "T",
): DropoutSite[] {
  const shape = ["B", tokens, hiddenSize] as const;
  return [
    { name: `layer.${layer}.attentionOutput`, shape, probability },
    { name: `layer.${layer}.output`, shape, probability },
  ];
}
