import { margins } from "./confusion.ts";
import type { Metric } from "./metric.ts";

/**
 * F1 of the positive class, the second of two: the harmonic mean of its precision and recall,
 * `2 TP / (2 TP + FP + FN)`, in `[0, 1]`. It is 0 if the class is never answered, and 0 if it is neither
 * answered nor present.
 *
 * Source: scikit-learn's `f1_score` with `average="binary"`; GLUE's metric of MRPC and QQP,
 * arXiv:1804.07461.
 */
export const f1: Metric = {
  label: "F1 of the second class",
  classes: 2,
  value: (confusion) => {
    const { right, present, answered } = margins(confusion);
    const both = (present[1] ?? 0) + (answered[1] ?? 0);
    return both === 0 ? 0 : (2 * (right[1] ?? 0)) / both;
  },
};
