import { type Figure, promisesTable } from "@sweetspot/report/parts";
import { baselinesFigure } from "./figures/baselines-figure.ts";
import { budgetFigures } from "./figures/budget-figure.ts";
import { curvesFigure } from "./figures/curves-figure.ts";
import { gradientsFigures } from "./figures/gradients-figure.ts";
import { individualFigure } from "./figures/individual-figure.ts";
import { objectivesFigures } from "./figures/objectives-figure.ts";
import { regimesFigures } from "./figures/regimes-figure.ts";
import { reliabilityFigures } from "./figures/reliability-figure.ts";
import { rulesFigures } from "./figures/rules-figure.ts";
import type { Study } from "./study.ts";
import {
  accuracyTable,
  calibrationTable,
  conflictTable,
  objectivesTable,
  regimesTable,
  rulesTable,
} from "./tables.ts";

/** A part of the page: a question as a title, answered by a figure, a table, or a figure with its numbers collapsed below. */
export interface StudyPart {
  title: string;
  figure?: Figure;
  /** HTML. */
  table?: string;
}

/** The parts of a study in the order of the page, without those that were not measured. */
export function studyParts(study: Study): StudyPart[] {
  const of = (figures: readonly Figure[], table: (study: Study) => string): StudyPart[] =>
    figures.map((figure) => ({ title: figure.title, figure, table: table(study) }));
  return [
    { title: curvesFigure(study).title, figure: curvesFigure(study) },
    ...of([individualFigure(study)], accuracyTable),
    ...of(gradientsFigures(study), conflictTable),
    ...of(regimesFigures(study), regimesTable),
    ...of(objectivesFigures(study), objectivesTable),
    ...budgetFigures(study).map((figure) => ({ title: figure.title, figure })),
    ...of(reliabilityFigures(study), calibrationTable),
    ...of(rulesFigures(study), rulesTable),
    ...(study.promises.length === 0
      ? []
      : [{ title: "What can be promised, and is it kept?", table: promisesTable(study) }]),
    { title: baselinesFigure(study).title, figure: baselinesFigure(study) },
  ];
}
