import type { Mistake, Mistakes } from "@sweetspot/artifact";
import type { ReportedCell } from "../cell.ts";
import { escapeText } from "../figures/draw.ts";
import { count, percent } from "../summary/numbers.ts";
import type { Group, MethodSummary } from "../summary/summary.ts";

/** A copy of a cell's `predictions.csv` in the report's folder. */
export interface PredictionsFile {
  /** The cell's input. */
  input: string;
  /** The label of its method. */
  label: string;
  /** Relative to the page. */
  file: string;
}

/**
 * The copies of `predictions.csv`: of each method drawn, its first seed, if the texts are known.
 *
 * @param name the group's, of letters, digits and dashes
 */
export function predictionsFiles(drawn: Group, name: string): PredictionsFile[] {
  return drawn.methods.flatMap(({ method, label, cells }) => {
    const [cell] = cells;
    if (cell?.mistakes === undefined) return [];
    return [{ input: cell.input, label, file: `predictions/${name}-${method}.csv` }];
  });
}

/**
 * The section "Mistakes to look at", of one model: of the first seeds, the one whose full model is the most
 * accurate on the calibration split. Empty if no text is known.
 */
export function mistakesSection(drawn: Group, files: readonly PredictionsFile[]): string {
  const shown = best(drawn.methods);
  if (shown === undefined) return "";
  const { label, cell, mistakes } = shown;
  const { errors, labels } = mistakes;
  const links = files.map((f) => `<a href="${escapeText(f.file)}">${escapeText(f.label)}</a>`);
  return `<h3>Mistakes to look at</h3>
<p class="note">Of ${escapeText(label)}, seed ${cell.seed}, at full depth. Every test example with its answers is in <code>predictions.csv</code>: ${links.join(", ")}. This page and those files quote your texts: leave them out of what you publish.</p>
${list(
  `The most confident errors: ${ofAll(errors)} on ${count(drawn.examples)} test examples`,
  errors.first.map((m) =>
    item(
      m,
      `labelled <b>${escapeText(m.label)}</b>, answered <b>${escapeText(m.answer)}</b> (${percent(m.confidence)})`,
    ),
  ),
)}
${list(
  `Labels that may be wrong: ${ofAll(labels)} among ${count(labels.of)} held-out examples`,
  labels.first.map((m) =>
    item(
      m,
      `labelled <b>${escapeText(m.label)}</b> (${percent(m.labelConfidence)}), looks like <b>${escapeText(m.answer)}</b> (${percent(m.confidence)}), ${escapeText(m.split)} split`,
    ),
  ),
  "By confident learning (Northcutt et al., arXiv:1911.00068) from the full model's probabilities on examples that it was not trained on: another class is at least as probable as it is on average for that class's own examples. The model may be wrong as well: check before you change a label.",
)}
`;
}

/** The model shown. */
function best(
  methods: readonly MethodSummary[],
): { label: string; cell: ReportedCell; mistakes: Mistakes } | undefined {
  const known = methods.flatMap(({ label, cells: [cell] }) =>
    cell?.mistakes === undefined ? [] : [{ label, cell, mistakes: cell.mistakes }],
  );
  const accuracyOf = ({ cell }: (typeof known)[number]) =>
    cell.results.calibrationSplit?.exits.at(-1) ?? 0;
  const most = Math.max(...known.map(accuracyOf));
  return known.find((one) => accuracyOf(one) === most);
}

function ofAll({ count: all, first }: { count: number; first: readonly unknown[] }): string {
  return all > first.length ? `${first.length} of ${count(all)}` : count(all);
}

function list(title: string, items: readonly string[], note = ""): string {
  if (items.length === 0) return `<p>${title}.</p>`;
  const about = note === "" ? "" : `<p class="note">${note}</p>`;
  return `<details><summary>${title}</summary>${about}<ol class="texts">${items.join("\n")}</ol></details>`;
}

function item({ text, textPair }: Mistake, about: string): string {
  const texts = [text, ...(textPair === undefined ? [] : [textPair])];
  return `<li>${texts.map((t) => `<q dir="auto">${escapeText(t)}</q>`).join("<br>")}<small>${about}</small></li>`;
}
