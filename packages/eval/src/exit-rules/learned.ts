import { softmax } from "./confidence.ts";
import { certainty } from "./entropy.ts";
import { type ExitLogits, type LabelledLogits, predictedClasses } from "./exit-logits.ts";
import { fitAnswers, logistic, type LogisticRegression } from "./fit-answers.ts";
import { margin } from "./margin.ts";

/** How many of the largest probabilities are features. */
const largest = 5;

/** The lowest log-probability, about that of float32's rounding error. */
const lowest = -16;

/**
 * Learns when to leave: for each exit, a logistic regression from its logits (`exitFeatures`) to
 * whether its answer is right. It is smaller than the paper's layer over hidden states, because
 * predictions keep only logits and calibration splits are small.
 *
 * @param calibration examples that are not used to evaluate the rule
 * @param l2 see `fitAnswers`
 * @throws RangeError as `fitAnswers` and `confidence`
 * Source: BERxiT, aclanthology 2021.eacl-main.8 (learning to exit).
 */
export function fitLearnedExits(calibration: LabelledLogits, l2 = 1): LogisticRegression[] {
  const { labels } = calibration;
  const predicted = predictedClasses(calibration);
  return exitFeatures(calibration).map((rows, e) =>
    fitAnswers(
      rows,
      rows.map((_, i) => Number(predicted[e]?.[i] === labels[i])),
      l2,
    ),
  );
}

/**
 * The probability that each exit's answer is right, `[E][N]`, in `[0, 1]`.
 *
 * @param exits from `fitLearnedExits` on the same cascade, `[E]`
 * @throws RangeError as `confidence`, or if there are fewer regressions than exits
 */
export function learnedScores(
  input: ExitLogits,
  exits: readonly LogisticRegression[],
): Float64Array[] {
  if (exits.length !== input.logits.length) {
    throw new RangeError(
      `learnedScores: expected one regression for each of ${input.logits.length} exits, got ${exits.length}`,
    );
  }
  return exitFeatures(input).map((rows, e) => {
    const exit = exits[e];
    return Float64Array.from(rows, (row) => (exit === undefined ? NaN : logistic(exit, row)));
  });
}

/**
 * The features of each exit's logits, `[E][N][D]`: the largest log-probabilities (at most five, none
 * below -16), descending; the margin; the certainty; and whether the previous exit predicts the same
 * class (0 at the first).
 *
 * @throws RangeError as `confidence`
 */
export function exitFeatures(input: ExitLogits): number[][][] {
  const { logits, classes, temperatures } = input;
  const predicted = predictedClasses(input);
  return logits.map((exit, e) =>
    Array.from(predicted[e] ?? [], (label, i) => {
      const p = softmax(exit.subarray(i * classes, (i + 1) * classes), temperatures?.[e] ?? 1);
      const logs = Array.from(p, (x) => Math.max(lowest, Math.log(x))).sort((a, b) => b - a);
      const agrees = Number(label === predicted[e - 1]?.[i]);
      return [...logs.slice(0, largest), margin(p), certainty(p), agrees];
    }),
  );
}
