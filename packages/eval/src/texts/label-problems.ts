import { argmax } from "../exit-rules/confidence.ts";

/** An example whose label is probably wrong. */
export interface Suspect {
  /** Its place, from 0. */
  example: number;
  /** The class that it probably is. */
  suggestion: number;
  /** The label's probability less the largest of the other classes'; low means a clear case. */
  margin: number;
}

/**
 * Examples whose labels are probably wrong, by confident learning, the clearest first. A class's
 * threshold is the mean probability of the class over the examples labelled with it. Of the classes whose
 * probability reaches their threshold, the most probable is the suggestion. An example is a suspect if
 * neither the suggestion nor the most probable class is its label. These are the off-diagonal cells of the
 * confident joint without the examples that the model answers with their label, ordered by normalised
 * margin.
 *
 * @param probabilities of a model that was not trained on these examples, a row of K for each
 * @param labels the given classes, `[N]`
 * Source: Northcutt, Jiang and Chuang, arXiv:1911.00068, sections 3.1 and 3.2; cleanlab's
 * `find_label_issues` with `filter_by="confident_learning"`.
 */
export function labelProblems(
  probabilities: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): Suspect[] {
  const classes = probabilities[0]?.length ?? 0;
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  probabilities.forEach((row, i) => {
    const label = labels[i] ?? 0;
    sums[label] = (sums[label] ?? 0) + (row[label] ?? 0);
    counts[label] = (counts[label] ?? 0) + 1;
  });
  // No threshold, and no suggestion, for a class without examples.
  const thresholds = sums.map((sum, k) => (counts[k] === 0 ? Infinity : sum / (counts[k] ?? 1)));
  const suspects = probabilities.flatMap((row, example): Suspect[] => {
    const label = labels[example] ?? 0;
    const confident = thresholds.map((t, k) => ((row[k] ?? 0) >= t ? (row[k] ?? 0) : -1));
    const suggestion = argmax(confident);
    if (suggestion === label || confident[suggestion] === -1 || argmax(row) === label) return [];
    const others = Float64Array.from(row, (p, k) => (k === label ? -1 : p));
    const margin = (row[label] ?? 0) - (others[argmax(others)] ?? 0);
    return [{ example, suggestion, margin }];
  });
  return suspects.sort((a, b) => a.margin - b.margin || a.example - b.example);
}
