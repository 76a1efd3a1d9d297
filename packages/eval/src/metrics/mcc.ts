import { margins } from "./confusion.ts";
import type { Metric } from "./metric.ts";

/**
 * Matthews correlation coefficient of K classes, in `[-1, 1]`: 1 if every answer is right, 0 for answers
 * that say nothing about the class. With c right answers of N, class k present `t_k` times and answered
 * `p_k` times,
 * `(c N - sum t_k p_k) / sqrt((N^2 - sum t_k^2) (N^2 - sum p_k^2))`. It is 0 if all examples are of one
 * class or get one answer.
 *
 * Source: scikit-learn's `matthews_corrcoef`; Gorodkin 2004; GLUE's metric of CoLA, arXiv:1804.07461.
 */
export const mcc: Metric = {
  label: "Matthews correlation",
  value: (confusion) => {
    const { right, present, answered, total } = margins(confusion);
    let c = 0;
    let both = 0;
    let ofPresent = 0;
    let ofAnswered = 0;
    for (let k = 0; k < confusion.classes; k++) {
      const [t, p] = [present[k] ?? 0, answered[k] ?? 0];
      c += right[k] ?? 0;
      both += t * p;
      ofPresent += t * t;
      ofAnswered += p * p;
    }
    const scale = Math.sqrt((total * total - ofPresent) * (total * total - ofAnswered));
    if (scale === 0) return 0;
    // Rounding may leave the range by a last bit.
    return Math.max(-1, Math.min(1, (c * total - both) / scale));
  },
};
