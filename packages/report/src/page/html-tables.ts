import type { TimedBatch, TimedPoint } from "@sweetspot/artifact";
import type { Comparison } from "../summary/comparisons.ts";
import type { Interval } from "@sweetspot/statistics";
import { escapeText } from "../figures/draw.ts";
import { majorityScore, metricLabel, metricUnit } from "../summary/metric-text.ts";
import { capital, count, milliseconds, percent, points, signed } from "../summary/numbers.ts";
import type { Group, MethodSummary, Spread } from "../summary/summary.ts";
import { headline } from "./table.ts";

/**
 * An HTML table below its caption, in a box that scrolls sideways if it does not fit. The first column
 * is the row's heading and does not scroll. All arguments are HTML.
 */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = rows.map(
    ([first = "", ...rest]) =>
      `<tr><th scope="row">${first}</th>${rest.map((c) => `<td>${c}</td>`).join("")}</tr>`,
  );
  return `<p class="note">${caption}</p>
<div class="scroll"><table aria-label="${caption}">
<thead><tr>${head.map((h) => `<th scope="col">${h}</th>`).join("")}</tr></thead>
<tbody>
${cells.join("\n")}
</tbody>
</table></div>`;
}

/** Methods x exits with intervals, and half the cost, by the metric that the task is judged by. */
export function headlineTable(group: Group): string {
  return metricTable(
    group,
    group.metric,
    `, n ${count(group.examples)}. Always answering “${escapeText(group.majority.label)}” scores ${points(majorityScore(group))}`,
  );
}

/** Methods x exits with intervals, and half the cost, by a metric. @param more HTML that ends the caption */
export function metricTable(group: Group, metric: string, more = ""): string {
  const { columns, rows } = headline(group, metric);
  const named = escapeText(`${metricLabel(metric)}${metricUnit(metric)}`);
  return table(
    `${capital(named)} with its ${percent(group.confidence, 0)} interval${more}.`,
    ["", ...columns],
    rows.map(({ method, entries }) => [
      methodName(method),
      ...entries.map((entry) =>
        entry === undefined ? "–" : accuracy(entry.value, entry.interval),
      ),
    ]),
  );
}

/** Accuracy at each budget. */
export function budgetTable({ methods }: Group): string {
  const budgets = [...new Set(methods.flatMap((m) => m.atBudget.map((b) => b.budget)))].sort(
    (a, b) => a - b,
  );
  return table(
    "Accuracy in % at a share of the full model's cost: the cascade at the threshold with the highest cost within the budget (below each: that cost, and milliseconds at batch 1). The threshold is chosen by cost alone, not by accuracy.",
    ["", ...budgets.map((b) => `at ${percent(b, 0)} cost`)],
    methods.map((method) => [
      methodName(method),
      ...budgets.map((budget) => {
        const b = method.atBudget.find((b) => b.budget === budget);
        if (b === undefined) return "–";
        return `${accuracy(b.accuracy, b.interval)}<small>${percent(b.cost.mean)}, ${milliseconds(b.ms["1"].mean)} ms</small>`;
      }),
    ]),
  );
}

/** Every comparison behind the findings. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  return table(
    "Differences in accuracy in percentage points, first less second.",
    ["", "first", "second", "difference", "interval", "ahead"],
    comparisons.map((c) => [
      escapeText(c.at),
      escapeText(c.first),
      escapeText(c.second),
      signed(c.difference) +
        (c.seedDifferences.length > 1
          ? `<small>${c.seedDifferences.map(signed).join(", ")}</small>`
          : ""),
      `${signed(c.interval[0])} to ${signed(c.interval[1])}`,
      c.ahead === null ? "no significant difference" : escapeText(c.ahead),
    ]),
  );
}

/** A method at the thresholds of the grid. */
export function gridTable(method: MethodSummary): string {
  return table(
    `${escapeText(method.label)} at the thresholds of the grid: cost as a share of the full model's layers, milliseconds per example, and the share of examples that leave at each exit.`,
    [
      "threshold",
      "accuracy, %",
      "cost",
      "ms, batch 1",
      "ms, batch 32",
      ...method.exits.map((e) => `layer ${e.exitLayer}`),
    ],
    method.grid.map((g) => [
      String(g.threshold),
      points(g.accuracy.mean) + seedRange(method, g.accuracy),
      percent(g.cost.mean),
      milliseconds(g.ms["1"].mean),
      milliseconds(g.ms["32"].mean),
      ...g.exitShares.map((s) => percent(s.mean)),
    ]),
  );
}

/** A time that differs by more than this between alternate rounds is marked. */
const mostNoise = 0.1;

/** How long the cascades and each exit alone take, of the methods' first seeds. */
export function timeTable({ methods }: Group): string {
  return table(
    `Milliseconds a text, tokenisation included, in calls of 1, 8 and 32 texts: the mean, and in brackets the 50th, 90th and 99th percentile of the calls. A time marked “noisy” differed by more than ${percent(mostNoise)} between alternate rounds.`,
    ["", "what runs", "layers", "1 text", "8 texts", "32 texts"],
    methods.flatMap((method) => {
      const [cell] = method.cells;
      const batches = cell?.results.timing.batches ?? [];
      const row = (what: string, of: (batch: TimedBatch) => TimedPoint | undefined) => [
        methodName(method),
        what,
        percent((batches[0] && of(batches[0])?.cost) ?? NaN),
        ...batches.map((batch) => timeCell(of(batch))),
      ];
      return [
        ...(batches[0]?.cascade ?? []).map((_, i) => row("the cascade", (b) => b.cascade[i])),
        ...(cell?.results.exits ?? []).map(({ exitLayer }, e) =>
          row(`layer ${exitLayer} alone`, (b) => b.exits[e]),
        ),
      ];
    }),
  );
}

function timeCell(point: TimedPoint | undefined): string {
  if (point === undefined) return "–";
  const quantiles = [point.p50Ms, point.p90Ms, point.p99Ms].map(milliseconds).join(", ");
  const noisy = point.noise > mostNoise ? ", noisy" : "";
  return `${milliseconds(point.meanMs)} <small>(${quantiles}${noisy})</small>`;
}

function methodName({ label, color }: MethodSummary): string {
  return `<span class="swatch" style="background:${color}"></span>${escapeText(label)}`;
}

function accuracy(value: Spread, [low, high]: Interval): string {
  const range =
    value.max > value.min ? `<small>seeds ${points(value.min)}–${points(value.max)}</small>` : "";
  return `${points(value.mean)}<small>${points(low)}–${points(high)}</small>${range}`;
}

function seedRange({ cells }: MethodSummary, value: Spread): string {
  return cells.length > 1 ? `<small>${points(value.min)}–${points(value.max)}</small>` : "";
}
