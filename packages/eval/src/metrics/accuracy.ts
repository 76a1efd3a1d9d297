import { wilson } from "@sweetspot/statistics";
import { margins } from "./confusion.ts";
import type { Metric } from "./metric.ts";

/**
 * The share of examples that are answered correctly, `sum_k C[k, k] / N`, in `[0, 1]`, with Wilson's
 * interval. A class that is absent or never answered changes nothing.
 *
 * Source: scikit-learn's `accuracy_score`.
 */
export const accuracy: Metric = {
  label: "accuracy",
  value: (confusion) => {
    const { right, total } = margins(confusion);
    return sum(right) / total;
  },
  interval: (confusion, level) => {
    const { right, total } = margins(confusion);
    return wilson(sum(right), total, level);
  },
};

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}
