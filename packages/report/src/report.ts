import type { Cell } from "./cell.ts";
import { compare } from "./comparisons.ts";
import { layersFigure, millisecondsFigure } from "./figures/curve-figure.ts";
import { standalone, wide } from "./figures/draw.ts";
import { exitsFigure } from "./figures/exits-figure.ts";
import { furtherFigures } from "./figures/further-figure.ts";
import { leavingFigure } from "./figures/leaving-figure.ts";
import { page, type ReportedGroup } from "./page.ts";
import { claimsText } from "./study/claims-table.ts";
import { studyParts } from "./study/study-figures.ts";
import { type StudyNumbers, studyNumbers, studyOf } from "./study/study.ts";
import { reportResults, type ReportResults } from "./report-results.ts";
import { summarise } from "./summary.ts";
import { textTable } from "./table.ts";

/** A report, not yet on disk. */
export interface Report {
  /** The page, one HTML file. */
  html: string;
  /** The headline tables as plain text; with claims, the claims. */
  table: string;
  results: ReportResults;
  /** What `study.json` holds; undefined in a report without claims. */
  study?: StudyNumbers;
  /** Standalone SVG files, by name without extension. */
  figures: { name: string; svg: string }[];
}

/**
 * Makes the report of cells: a section for each task and encoder. The same cells give the same
 * bytes.
 *
 * With `claims` it opens with the paper's five claims; then all cells are of one encoder and have
 * outcomes. `controls` are tasks that are left out of means over tasks.
 *
 * @throws RangeError as `summarise`, and if every cell is of a regime that was not chosen
 */
export function makeReport(
  title: string,
  cells: readonly Cell[],
  { claims = false, controls = [] }: { claims?: boolean; controls?: readonly string[] } = {},
): Report {
  const names = new Set<string>();
  const reported = summarise(chosenCells(cells)).map((group): ReportedGroup => {
    const name = uniqueName(`${group.task}-${group.encoder}`, names);
    const drawn = { ...group, methods: group.methods.filter((m) => m.drawn) };
    return {
      group,
      drawn,
      comparisons: compare(drawn),
      figures: [
        layersFigure(drawn, `${name}-accuracy-by-layers`),
        millisecondsFigure(drawn, `${name}-accuracy-by-milliseconds`),
        exitsFigure(drawn, `${name}-exits`),
        leavingFigure(drawn, `${name}-leaving`),
        ...furtherFigures(group, `${name}-further`),
      ],
    };
  });
  const study = claims
    ? studyOf(
        cells,
        reported.map((r) => r.group),
        { controls },
      )
    : undefined;
  const overTasks = study === undefined ? [] : studyParts(study).flatMap((p) => p.figure ?? []);
  const figureNames = overTasks.map((f) => f.name);
  return {
    html: page(title, reported, study),
    table: study === undefined ? textTable(reported.map((r) => r.group)) : claimsText(study),
    results: reportResults(title, reported),
    ...(study === undefined ? {} : { study: studyNumbers(title, study, figureNames) }),
    figures: [...overTasks, ...reported.flatMap((r) => r.figures)].map(({ name, draw }) => ({
      name,
      svg: standalone(draw(wide)),
    })),
  };
}

/** All but those that only compare regimes. */
function chosenCells(cells: readonly Cell[]): Cell[] {
  const chosen = cells.filter((c) => c.chosen !== false);
  if (chosen.length === 0 && cells.length > 0) {
    throw new RangeError(
      "report: expected a cell of a chosen regime, got only cells with chosen: false; say which are chosen",
    );
  }
  return chosen;
}

/** A file name of letters, digits and dashes that was not given before. */
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
