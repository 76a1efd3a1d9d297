import { margins } from "./confusion.ts";
import type { Metric } from "./metric.ts";

/**
 * Macro-F1: the mean of the classes' F1 with equal weight,
 * `F1_k = 2 C[k, k] / (row k + column k)`, in `[0, 1]`. A class that is present but never answered, or
 * answered but absent, counts with an F1 of 0; one that is neither is left out of the mean.
 *
 * Source: scikit-learn's `f1_score` with `average="macro"`.
 */
export const macroF1: Metric = {
  label: "macro-F1",
  value: (confusion) => {
    const { right, present, answered } = margins(confusion);
    let sum = 0;
    let occurring = 0;
    for (let k = 0; k < confusion.classes; k++) {
      const both = (present[k] ?? 0) + (answered[k] ?? 0);
      if (both === 0) continue;
      sum += (2 * (right[k] ?? 0)) / both;
      occurring++;
    }
    return sum / occurring;
  },
};
