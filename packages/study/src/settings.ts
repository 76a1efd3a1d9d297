import { type ReportCell, reportCellsSchema } from "@sweetspot/report/settings";
import { z } from "zod";

/** The settings of `study`. */
export interface StudySettings {
  title: string;
  /** The cell of each input, an artifact of the stage `eval`; all of one encoder. */
  cells: ReportCell[];
  /** Tasks that are shown separately and left out of means over tasks. */
  controls: string[];
}

/** The settings of the stage `study`. */
export const studySettings: z.ZodType<StudySettings> = z
  .strictObject({
    title: z.string().min(1),
    cells: reportCellsSchema,
    controls: z.array(z.string().min(1)).default([]),
  })
  .superRefine(({ cells, controls }, issues) => {
    const wrong = (path: (string | number)[], input: unknown, message: string) =>
      issues.addIssue({ code: "custom", path, input, message });
    const tasks = [...new Set(cells.map((c) => c.task))];
    controls.forEach((control, i) => {
      if (!tasks.includes(control))
        wrong(["controls", i], control, `must be a task of the cells (${tasks.join(", ")})`);
    });
    if (tasks.every((task) => controls.includes(task)))
      wrong(["controls"], controls, "must leave at least one task for the claims");
    const encoders = [...new Set(cells.map((c) => c.encoder))];
    if (encoders.length > 1)
      wrong(["cells"], encoders, "must be of one encoder; use a pipeline for each");
  });
