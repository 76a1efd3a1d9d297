import { argmax, softmax } from "./confidence.ts";

/** An exit rule's input: the logits of the exits run so far, for N examples of K classes. */
export interface ExitLogits {
  /** By exit, each `[N, K]`, row-major. */
  logits: readonly Float32Array[];
  /** E, how many exits the cascade has; by default the length of `logits`. */
  exits?: number;
  /** K, at least 2. */
  classes: number;
  /** Divide each exit's logits, `[E]`, above 0; by default 1. */
  temperatures?: readonly number[] | undefined;
}

/** Logits with the true classes. */
export interface LabelledLogits extends ExitLogits {
  /** `[N]`. */
  labels: ArrayLike<number>;
}

/** The predicted classes, `[E][N]`. */
export function predictedClasses({ logits, classes }: ExitLogits): Int32Array[] {
  return logits.map((exit) =>
    Int32Array.from({ length: exit.length / classes }, (_, i) =>
      argmax(exit, i * classes, classes),
    ),
  );
}

/**
 * A score of each exit's probabilities for each example, `[E][N]`.
 *
 * @param score from probabilities, `[K]`, to a number
 * @throws RangeError as `confidence`
 */
export function scoreProbabilities(
  { logits, classes, temperatures }: ExitLogits,
  score: (probabilities: Float64Array) => number,
): Float64Array[] {
  return logits.map((exit, e) =>
    Float64Array.from({ length: exit.length / classes }, (_, i) =>
      score(softmax(exit.subarray(i * classes, (i + 1) * classes), temperatures?.[e] ?? 1)),
    ),
  );
}
