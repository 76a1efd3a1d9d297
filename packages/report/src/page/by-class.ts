import type { MetricsResult, Score } from "@sweetspot/artifact";
import type { Interval } from "@sweetspot/statistics";
import { escapeText } from "../figures/draw.ts";
import { mean } from "../summary/mean.ts";
import { count, percent, points } from "../summary/numbers.ts";
import type { Group, MethodSummary } from "../summary/summary.ts";
import { metricTable, table } from "./html-tables.ts";

/** With more classes, a confusion matrix is not shown. */
const mostShown = 12;
/** The budget that is shown beside the full model. */
const shownBudget = 0.5;

/** The section "By class": the other metrics at each exit, and each method's precision and recall by class. */
export function byClass(group: Group): string {
  const names = Object.keys(group.methods[0]?.exits[0]?.scores ?? {});
  const others = names.filter((name) => name !== group.metric);
  const methods = group.methods.map(
    (method) => `<details><summary>${escapeText(method.label)} by class</summary>
${classTable(method, group)}
${group.labels.length > mostShown ? "" : confusionTable(method, group)}</details>`,
  );
  return `<h3>By class</h3>
<p class="note">Precision: of the examples answered with a class, the share that are of it. Recall: of the examples of a class, the share answered with it. F1 is their harmonic mean, and macro-F1 the mean of F1 over classes. Matthews correlation is 0 for answers that say nothing about the class. Intervals of accuracy, precision and recall are Wilson's; the others are the bootstrap's over examples.</p>
${others.map((name) => metricTable(group, name)).join("\n")}
${methods.join("\n")}
`;
}

function classTable({ cells }: MethodSummary, { labels, confidence }: Group): string {
  const full = cells.flatMap(({ results }) => results.exits.at(-1)?.metrics ?? []);
  const half = cells.flatMap(
    ({ results }) => results.atBudget.find((b) => b.budget === shownBudget)?.metrics ?? [],
  );
  const at = `at ${percent(shownBudget, 0)} cost`;
  return table(
    `In %, with the ${percent(confidence, 0)} interval: the full model, and the cascade ${at}. A dash: the class was never answered, or has no example.`,
    ["", "precision", "recall", `precision<small>${at}</small>`, `recall<small>${at}</small>`],
    labels.map((label, k) => [
      `${escapeText(label)}<small>${count(full[0]?.perClass[k]?.count ?? 0)} examples</small>`,
      ...[full, half].flatMap((seeds) => [
        share(seeds, k, "answered", "precision"),
        share(seeds, k, "count", "recall"),
      ]),
    ]),
  );
}

/** The mean of a class's share over the seeds that have one. */
function share(
  seeds: readonly MetricsResult[],
  k: number,
  of: "answered" | "count",
  what: "precision" | "recall",
): string {
  const scores = seeds.flatMap(({ perClass }): Score[] => {
    const one = perClass[k];
    return one === undefined || one[of] === 0 ? [] : [one[what]];
  });
  if (scores.length === 0) return "–";
  const [low, high]: Interval = [
    mean(scores.map(({ interval }) => interval[0])),
    mean(scores.map(({ interval }) => interval[1])),
  ];
  return `${points(mean(scores.map(({ value }) => value)))}<small>${points(low)}–${points(high)}</small>`;
}

function confusionTable({ cells }: MethodSummary, { labels }: Group): string {
  const matrices = cells.flatMap(({ results }) => {
    const confusion = results.exits.at(-1)?.metrics.confusion;
    return confusion === undefined ? [] : [confusion];
  });
  return table(
    `How the full model answers examples of each class (rows are true classes, columns answers${matrices.length > 1 ? "; all seeds together" : ""}).`,
    ["", ...labels.map(escapeText)],
    labels.map((label, k) => [
      escapeText(label),
      ...labels.map((_, j) => count(matrices.reduce((sum, m) => sum + (m[k]?.[j] ?? 0), 0))),
    ]),
  );
}
