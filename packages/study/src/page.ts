import { escapeText, figureSection, htmlPage, introduction } from "@sweetspot/report/parts";
import { claimsTable } from "./claims-table.ts";
import { studyFindings } from "./findings.ts";
import type { Study } from "./study.ts";
import { type StudyPart, studyParts } from "./study-parts.ts";

/** A study as one HTML file: the claims, the findings, and a figure for each question behind them. */
export function page(title: string, study: Study): string {
  const findings = studyFindings(study).map((f) => `<li>${escapeText(f)}</li>`);
  return htmlPage(
    title,
    `<h2>The five claims</h2>
<p>The claims are those of “Finding the SWEET Spot” (arXiv:2306.02307), each turned into a number before it was measured. A claim is supported if the whole interval is on its side, contradicted if it is on the other, otherwise undecided.</p>
${claimsTable(study)}
<h2>Findings</h2>
<ul>
${findings.join("\n")}
</ul>
<h2>How to read the figures</h2>
${introduction}
${studyParts(study).map(part).join("\n")}
<footer>
<p>Accuracies are on the test split, which no training step saw. Every number on this page is in <code>study.json</code>; the figures are in <code>figures/</code> as SVG and PNG. Each task has its own section in the same pipeline's report, <code>report.html</code>.</p>
</footer>`,
    styles,
  );
}

function part({ title, figure, table }: StudyPart): string {
  if (figure === undefined)
    return `<section><h3>${escapeText(title)}</h3>\n${table ?? ""}</section>`;
  const numbers =
    table === undefined ? "" : `\n<details><summary>The numbers</summary>${table}</details>`;
  return `${figureSection(figure)}${numbers}`;
}

const styles = `.claims th[scope="row"] { white-space: normal; font-weight: 600; min-width: 11em; }
.claims td { text-align: left; white-space: normal; }
.claims thead th { text-align: left; }
.claims strong, .interval { white-space: nowrap; }
.claims svg.claim { display: block; }
.verdict { font-weight: 600; }
.verdict.supported { color: var(--method-3); }
.verdict.contradicted { color: var(--method-2); }
@media (max-width: 600px) { .claims, .claims tbody, .claims tr, .claims th, .claims td { display: block; width: 100%; } .claims thead { display: none; } .claims tr { padding: 0.7em 0; border-bottom: 1px solid var(--line); } .claims th, .claims td { border: 0; padding: 0.15em 0; } .claims th { position: static; } .claims td[data-label]::before { content: attr(data-label) ": "; color: var(--muted); } .claims td svg.claim { display: inline-block; vertical-align: middle; } }
@media print { .claims tr { break-inside: avoid; } }
`;
