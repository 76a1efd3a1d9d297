import type { MetricsResult, Score } from "@sweetspot/artifact";
import { countsBootstrap, wilson } from "@sweetspot/statistics";
import { type Confusion, margins } from "./confusion.ts";
import { metricNames, metrics } from "./metrics.ts";
import { precisions, recalls } from "./precision-recall.ts";

/**
 * Every metric that is defined for so many classes, with intervals at a level in `(0, 1)`: Wilson's for
 * accuracies, precisions and recalls, the bootstrap over examples for the rest (`countsBootstrap`, with
 * a seed of its own: the same answers give the same intervals).
 *
 * @throws RangeError if there is no example, or `level` is above 0.999
 */
export function evaluateMetrics(confusion: Confusion, level: number): MetricsResult {
  const { classes, counts } = confusion;
  const defined = metricNames.filter((name) => (metrics[name].classes ?? classes) === classes);
  const resampled = defined.filter((name) => metrics[name].interval === undefined);
  const intervals = countsBootstrap(
    counts,
    resampled.map((name) => (drawn) => metrics[name].value({ classes, counts: drawn })),
    { level },
  );
  const scores = defined.map((name): [string, Score] => {
    const { value, interval } = metrics[name];
    const drawn = intervals[resampled.indexOf(name)] ?? [NaN, NaN];
    return [name, { value: value(confusion), interval: interval?.(confusion, level) ?? drawn }];
  });
  const { right, present, answered } = margins(confusion);
  const [precision, recall] = [precisions(confusion), recalls(confusion)];
  // Nothing is known of a share of no examples.
  const shareOf = (value = NaN, count = NaN, n = NaN): Score => ({
    value,
    interval: n === 0 ? [0, 1] : wilson(count, n, level),
  });
  return {
    scores: Object.fromEntries(scores),
    perClass: Array.from({ length: classes }, (_, k) => ({
      count: present[k] ?? NaN,
      answered: answered[k] ?? NaN,
      precision: shareOf(precision[k], right[k], answered[k]),
      recall: shareOf(recall[k], right[k], present[k]),
    })),
    confusion: Array.from({ length: classes }, (_, k) =>
      Array.from({ length: classes }, (_, j) => counts[k * classes + j] ?? 0),
    ),
  };
}
