import type * as tf from "@tensorflow/tfjs";

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
