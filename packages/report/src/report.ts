import type { ReportedCell } from "./cell.ts";
import { compare } from "./summary/comparisons.ts";
import { layersFigure, millisecondsFigure } from "./figures/curve-figure.ts";
import { standalone, wide } from "./figures/draw.ts";
import { exitsFigure } from "./figures/exits-figure.ts";
import { furtherFigures } from "./figures/further-figure.ts";
import { leavingFigure } from "./figures/leaving-figure.ts";
import { predictionsFiles } from "./page/mistakes.ts";
import { page, type ReportedGroup } from "./page/page.ts";
import { reportResults, type ReportResults } from "./page/report-results.ts";
import { summarise } from "./summary/summary.ts";
import { textTable } from "./page/table.ts";

/** A report, not yet on disk. */
export interface Report {
  /** The page, one HTML file. */
  html: string;
  /** The headline tables as plain text. */
  table: string;
  results: ReportResults;
  /** Standalone SVG files, by name without extension. */
  figures: { name: string; svg: string }[];
  /** Copies of cells' `predictions.csv` that the page links to: a cell's input, and the file's path. */
  predictions: { input: string; file: string }[];
}

/**
 * Makes a report of cells, with a section for each task and encoder. The same cells give the same
 * bytes.
 *
 * @throws RangeError as `summarise`, or if no cell is of a chosen regime
 */
export function makeReport(title: string, cells: readonly ReportedCell[]): Report {
  const names = new Set<string>();
  const reported = summarise(chosenCells(cells)).map((group): ReportedGroup => {
    const name = uniqueName(`${group.task}-${group.encoder}`, names);
    const drawn = { ...group, methods: group.methods.filter((m) => m.drawn) };
    return {
      group,
      drawn,
      comparisons: compare(drawn),
      predictions: predictionsFiles(drawn, name),
      figures: [
        layersFigure(drawn, `${name}-accuracy-by-layers`),
        millisecondsFigure(drawn, `${name}-accuracy-by-milliseconds`),
        exitsFigure(drawn, `${name}-exits`),
        leavingFigure(drawn, `${name}-leaving`),
        ...furtherFigures(group, `${name}-further`),
      ],
    };
  });
  return {
    html: page(title, reported),
    table: textTable(reported.map((r) => r.group)),
    results: reportResults(title, reported),
    figures: reported
      .flatMap((r) => r.figures)
      .map(({ name, draw }) => ({ name, svg: standalone(draw(wide)) })),
    predictions: reported.flatMap((r) => r.predictions.map(({ input, file }) => ({ input, file }))),
  };
}

/** All cells but those that only compare regimes. */
function chosenCells(cells: readonly ReportedCell[]): ReportedCell[] {
  const chosen = cells.filter((c) => c.chosen !== false);
  if (chosen.length === 0 && cells.length > 0) {
    throw new RangeError(
      "report: expected a cell of a chosen regime, got only cells with chosen: false; mark the chosen ones",
    );
  }
  return chosen;
}

/** A file name of letters, digits and dashes that is not used yet. */
function uniqueName(text: string, given: Set<string>): string {
  const base =
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "task";
  let name = base;
  for (let i = 2; given.has(name); i++) name = `${base}-${i}`;
  given.add(name);
  return name;
}
