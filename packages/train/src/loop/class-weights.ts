/**
 * How much an example of each class counts: `N / (K n_k)` for a class with n_k of N examples, so that each
 * class counts the same in total, and an example 1 on average. A class without examples counts 0.
 *
 * @param labels `[N]`, from `0 .. classes - 1`
 * @returns one for each class; in the formula, K is the number of classes that occur
 * Source: scikit-learn 1.7, compute_class_weight("balanced").
 */
export function balancedWeights(labels: Int32Array, classes: number): Float64Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const occurring = counts.filter((n) => n > 0).length;
  return Float64Array.from(counts, (n) => (n === 0 ? 0 : labels.length / (occurring * n)));
}
