import { type MetricName, metrics } from "@sweetspot/eval";
import type { Group } from "./summary.ts";

/** A metric's name inside a sentence; an unknown one's is its own. */
export function metricLabel(name: string): string {
  return known(name)?.label ?? name;
}

/** What follows the name where numbers are shown as percentages: accuracies are in %, other metrics times 100. */
export function metricUnit(name: string): string {
  return name === "accuracy" ? " in %" : " × 100";
}

/** What always answering the most frequent label scores by the metric that the task is judged by. */
export function majorityScore({ metric, majority, labels, methods }: Group): number {
  const perClass = methods[0]?.cells[0]?.results.exits[0]?.metrics.perClass ?? [];
  const of = known(metric);
  if (metric === "accuracy" || of === undefined) return majority.share;
  const answer = labels.indexOf(majority.label);
  const counts = perClass.flatMap(({ count }) => labels.map((_, k) => (k === answer ? count : 0)));
  return of.value({ classes: labels.length, counts });
}

function known(name: string): (typeof metrics)[MetricName] | undefined {
  return Object.hasOwn(metrics, name) ? metrics[name as MetricName] : undefined; // checked
}
