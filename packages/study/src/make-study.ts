import { standalone, summarise, wide } from "@sweetspot/report/parts";
import type { StudyCell } from "./cell.ts";
import { claimsText } from "./claims-table.ts";
import { page } from "./page.ts";
import { type StudyNumbers, studyNumbers, studyOf } from "./study.ts";
import { studyParts } from "./study-parts.ts";

/** A study, not yet on disk. */
export interface MadeStudy {
  /** The page, one HTML file. */
  html: string;
  /** The claims as plain text. */
  table: string;
  /** What `study.json` holds. */
  numbers: StudyNumbers;
  /** Standalone SVG files, by name without extension. */
  figures: { name: string; svg: string }[];
}

/**
 * Tests the paper's five claims on cells of one encoder. The same cells give the same bytes.
 *
 * `controls` are tasks to leave out of means over tasks.
 *
 * @throws RangeError as `summarise` and `claimsOf`, or if no cell is of a chosen regime
 */
export function makeStudy(
  title: string,
  cells: readonly StudyCell[],
  { controls = [] }: { controls?: readonly string[] } = {},
): MadeStudy {
  const chosen = cells.filter((c) => c.chosen !== false);
  if (chosen.length === 0)
    throw new RangeError(
      "study: expected a cell of a chosen regime, got only cells with chosen: false; mark the chosen ones",
    );
  const study = studyOf(cells, summarise(chosen), { controls });
  const figures = studyParts(study).flatMap((part) => part.figure ?? []);
  return {
    html: page(title, study),
    table: claimsText(study),
    numbers: studyNumbers(
      title,
      study,
      figures.map((f) => f.name),
    ),
    figures: figures.map(({ name, draw }) => ({ name, svg: standalone(draw(wide)) })),
  };
}
