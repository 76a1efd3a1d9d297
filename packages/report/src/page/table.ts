import { count, percent, points } from "../summary/numbers.ts";
import { majorityScore, metricLabel } from "../summary/metric-text.ts";
import type { Group, MethodSummary, ScoreSummary } from "../summary/summary.ts";

/** The budget in the headline table. */
const headlineBudget = 0.5;

/** Methods x exits, and half the full model's cost; an entry is undefined if the method has no such exit or budget. */
export interface Headline {
  columns: string[];
  rows: { method: MethodSummary; entries: (ScoreSummary | undefined)[] }[];
}

/** The headline table of a group, by a metric; by default the one that the task is judged by. */
export function headline({ methods, metric }: Group, by: string = metric): Headline {
  const layers = [...new Set(methods.flatMap((m) => m.exits.map((e) => e.exitLayer)))].sort(
    (a, b) => a - b,
  );
  return {
    columns: [...layers.map((l) => `layer ${l}`), `at ${percent(headlineBudget, 0)} cost`],
    rows: methods.map((method) => ({
      method,
      entries: [
        ...layers.map((layer) => method.exits.find((e) => e.exitLayer === layer)?.scores[by]),
        method.atBudget.find((b) => b.budget === headlineBudget)?.scores[by],
      ],
    })),
  };
}

const width = 100;
const columnWidth = 13;

/** The headline tables as plain text, at most 100 columns wide. */
export function textTable(groups: readonly Group[]): string {
  const level = percent(groups[0]?.confidence ?? 0.95, 0);
  const seeds = Math.max(...groups.flatMap((g) => g.methods.map((m) => m.cells.length)));
  const about = [
    `Accuracy in %, ± half of its ${level} interval. Layers: each exit alone. At ${percent(headlineBudget, 0)} cost: the whole`,
    `cascade, at the threshold that runs at most half of the full model's layers.`,
    ...(groups.some((g) => g.metric !== "accuracy")
      ? ["Where a task names a metric, that times 100 stands in place of accuracy."]
      : []),
    ...(seeds > 1 ? ["Means over seeds; below them the lowest and the highest seed."] : []),
  ];
  return `${[about.join("\n"), ...groups.map(groupTable)].join("\n\n")}\n`;
}

function groupTable(group: Group): string {
  const { columns, rows } = headline(group);
  const { majority, examples, metric } = group;
  const title = `${group.task}, ${group.encoder}`;
  const judged = metric === "accuracy" ? "" : `${metricLabel(metric)}, `;
  const about = ` (${judged}n ${count(examples)}, always “${cut(majority.label, 20)}”: ${points(majorityScore(group))})`;
  const labelWidth = Math.max(...rows.map(({ method }) => cut(method.label, 24).length)) + 1;
  const perBlock = Math.floor((width - labelWidth) / columnWidth);
  const lines = [cut(title, width - about.length) + about];
  for (let begin = 0; begin < columns.length; begin += perBlock) {
    const slice = <T>(values: readonly T[]) => values.slice(begin, begin + perBlock);
    const line = (label: string, texts: readonly string[]) =>
      (
        cut(label, 24).padEnd(labelWidth) + texts.map((t) => t.padStart(columnWidth)).join("")
      ).trimEnd();
    lines.push(line("", slice(columns)));
    for (const { method, entries } of rows) {
      lines.push(line(method.label, slice(entries).map(withInterval)));
      if (method.cells.length > 1) lines.push(line("", slice(entries).map(range)));
    }
  }
  return lines.join("\n");
}

function withInterval(entry: ScoreSummary | undefined): string {
  if (entry === undefined) return "-";
  const [low, high] = entry.interval;
  return `${points(entry.value.mean)} ±${points((high - low) / 2)}`;
}

function range(entry: ScoreSummary | undefined): string {
  return entry === undefined ? "" : `${points(entry.value.min)}-${points(entry.value.max)}`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}
