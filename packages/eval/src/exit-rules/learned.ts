import { softmax } from "./confidence.ts";
import { certainty } from "./entropy.ts";
import { type ExitLogits, type LabelledLogits, predictedClasses } from "./exit-logits.ts";
import { fitAnswers, logistic, type LogisticRegression } from "./fit-answers.ts";
import { margin } from "./margin.ts";

/** How many of the largest probabilities are features. */
const largest = 5;

/** Log-probabilities are cut here, about that of float32's rounding error. */
const lowest = -16;

/**
 * Learns when to leave: for each exit a logistic regression of whether its answer is right, on what
 * its logits show (`exitFeatures`). Small in place of the paper's layer over hidden states: logits
 * are all that a prediction keeps, and calibration splits are small.
 *
 * @param calibration examples that are used for nothing that the rule is judged by
 * @param l2 of `fitAnswers`
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
 * How likely each exit's answer is to be right, `[E][N]`, in `[0, 1]`.
 *
 * @param exits of `fitLearnedExits` on the same cascade, `[E]`
 * @throws RangeError as `confidence`, or if there are not as many exits
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
 * What an exit's logits show, `[E][N][D]`: the largest log-probabilities (five at most, none below
 * -16), falling; the margin; the certainty; and whether the exit before predicts the same class
 * (0 at the first).
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
