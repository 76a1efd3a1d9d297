import { type Comparison } from "../summary/comparisons.ts";
import { machinesText } from "../figures/curve-figure.ts";
import { escapeText, type Figure, narrow, wide } from "../figures/draw.ts";
import { byClass } from "./by-class.ts";
import { findings, findingsBasis } from "./findings.ts";
import {
  budgetTable,
  comparisonTable,
  gridTable,
  headlineTable,
  timeTable,
} from "./html-tables.ts";
import { mistakesSection, type PredictionsFile } from "./mistakes.ts";
import { palette } from "../summary/methods.ts";
import { count, percent } from "../summary/numbers.ts";
import { promisesTable } from "./promises-table.ts";
import { promisesOf } from "../summary/promises.ts";
import type { Group } from "../summary/summary.ts";

/** A group with its comparisons and figures. */
export interface ReportedGroup {
  group: Group;
  /** The group with only the methods that the figures draw. */
  drawn: Group;
  /** Of the methods drawn. */
  comparisons: Comparison[];
  figures: Figure[];
  predictions: PredictionsFile[];
}

/** The report as one HTML file that fetches nothing and runs no script. */
export function page(title: string, reported: readonly ReportedGroup[]): string {
  const contents =
    reported.length < 2
      ? ""
      : `<nav><ul>${reported.map(({ group }, i) => `<li><a href="#group-${i + 1}">${escapeText(heading(group))}</a></li>`).join("")}</ul></nav>\n`;
  return htmlPage(
    title,
    `${introduction}
${contents}${reported.map(section).join("\n")}
<footer>
<p>Accuracies are on the test split, which no training step saw. The thresholds at a share of the cost are chosen on the same examples, by confidences alone, without labels. Every number on this page is in <code>results.json</code>; the figures are in <code>figures/</code> as SVG and PNG.</p>
</footer>`,
  );
}

/** A paragraph that explains the terms of a page. */
export const introduction: string = `<p>A classifier that stops early runs a small classifier, an <em>exit</em>, after some of the encoder's layers. It answers at the first exit that is confident enough: whose largest softmax probability reaches a <em>threshold</em>. Early-Exit trains all exits of one encoder together. So does SWEET, but each layer learns only from the next exit above it. Multi-Model runs separate encoders of increasing depth, each from its first layer. <em>Cost</em> is the number of layers run divided by the full model's.</p>`;

/** An HTML file that fetches nothing, with the reports' styles and the `styles` given. @param body HTML below the title */
export function htmlPage(title: string, body: string, styles = ""): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>
${css}${styles}</style>
</head>
<body>
<main>
<h1>${escapeText(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

function section(
  { group, drawn, comparisons, figures, predictions }: ReportedGroup,
  i: number,
): string {
  const all = findings(drawn, comparisons);
  return `<section id="group-${i + 1}">
<h2>${escapeText(heading(group))}</h2>
<p>${count(group.examples)} test examples in ${group.labels.length} classes; the full model has ${group.layers} layers. ${escapeText(seedsText(group))}</p>
${headlineTable(group)}
${figures.slice(0, 1).map(figureSection).join("\n")}
<h3>Findings</h3>
<ul>
${all.map((f) => `<li>${escapeText(f)}</li>`).join("\n")}
</ul>
<p class="note">${escapeText(findingsBasis(drawn, comparisons))}</p>
<h3>At a share of the full model's cost</h3>
${budgetTable(group)}
${figures.slice(1).map(figureSection).join("\n")}
${promised(drawn)}${byClass(group)}${mistakesSection(drawn, predictions)}<h3>In full</h3>
<details><summary>All comparisons</summary>${comparisonTable(comparisons)}</details>
<details><summary>The thresholds of the grid</summary>${group.methods.map(gridTable).join("\n")}</details>
<details><summary>Measured times</summary><p>${escapeText(machinesText(group))}</p>${timeTable(group)}</details>
</section>`;
}

/** The promises section; empty if there are no promises. */
function promised({ methods }: Group): string {
  const promises = promisesOf(methods.flatMap((m) => m.cells));
  if (promises.length === 0) return "";
  return `<h3>What can be promised, and is it kept?</h3>\n${promisesTable({ promises, styles: methods })}\n`;
}

/** A figure with its caption, drawn for wide and narrow screens. */
export function figureSection({ title, caption, draw }: Figure): string {
  return `<figure>
<h3>${escapeText(title)}</h3>
${draw(wide)}
${draw(narrow)}
<figcaption>${escapeText(caption)}</figcaption>
</figure>`;
}

/** A group's name. */
function heading({ task, encoder }: Group): string {
  return `${task}, ${encoder}`;
}

function seedsText({ methods, confidence }: Group): string {
  const seeds = [...new Set(methods.flatMap((m) => m.cells.map((c) => c.seed)))].sort(
    (a, b) => a - b,
  );
  return seeds.length === 1
    ? `One training run of each method, seed ${seeds[0]}. Intervals are at ${percent(confidence, 0)}.`
    : `Means over the seeds ${seeds.join(", ")}, with the lowest and highest seed beside them. Intervals are at ${percent(confidence, 0)} and averaged over seeds.`;
}

const variables = (dark: 0 | 1) =>
  Object.entries(palette)
    .map(([name, colors]) => `--${name}: ${colors[dark]};`)
    .join(" ");

const css = `:root { color-scheme: light dark; ${variables(0)} }
@media (prefers-color-scheme: dark) { :root { ${variables(1)} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, "DejaVu Sans", sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 712px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5em 0; }
h2 { font-size: 1.35rem; margin: 2.2em 0 0.4em; padding-top: 0.8em; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.8em 0 0.5em; }
a { color: var(--method-1); }
.note, figcaption, footer { color: var(--muted); font-size: 0.875rem; line-height: 1.5; }
ul { padding-left: 1.2em; }
li { margin: 0.3em 0; }
figure { margin: 2.2em 0; }
figure h3 { margin: 0 0 0.6em; }
figcaption { margin-top: 0.6em; }
svg.figure { display: block; max-width: 100%; height: auto; }
svg.narrow { display: none; }
.scroll { overflow-x: auto; margin: 0.6em 0 1.4em; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 0.35em 0.8em 0.35em 0; text-align: right; vertical-align: top; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--page); }
thead th { font-weight: 500; color: var(--muted); }
tbody th { font-weight: 500; }
td small { display: block; color: var(--muted); }
.swatch { display: inline-block; width: 0.7em; height: 0.7em; margin-right: 0.5em; border-radius: 2px; }
th small { display: block; color: var(--muted); font-weight: 400; }
.texts li { margin: 0.7em 0; overflow-wrap: anywhere; }
.texts q { quotes: none; white-space: pre-line; }
.texts small { display: block; color: var(--muted); }
details { margin: 0.6em 0; }
summary { cursor: pointer; }
@media print { main { max-width: none; } figure { break-inside: avoid; } details:not([open]) { display: none; } h2, h3 { break-after: avoid; } svg.wide { display: block; } svg.narrow { display: none; } }
@media (max-width: 600px) { svg.wide { display: none; } svg.narrow { display: block; margin: 0 auto; } main { padding: 12px 12px 48px; } table { font-size: 0.8rem; } th, td { padding-right: 0.6em; } }
`;
