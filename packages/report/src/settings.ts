import { z } from "zod";

/** The settings of `report`. */
export interface ReportSettings {
  title: string;
  /** What each input is; an input is an eval artefact. */
  cells: ReportCell[];
  /** Whether the report opens with the paper's five claims (docs/experiments.md), and holds `study.json`. */
  claims: boolean;
  /** Tasks that are shown apart and left out of means over tasks. */
  controls: string[];
}

/** What one input of a report is. */
export interface ReportCell {
  /** The input's name. */
  input: string;
  task: string;
  encoder: string;
  method: string;
  seed: number;
  /** Under which it was trained; absent in a pipeline without regimes. */
  regime?: string | undefined;
  /** Whether the regime is the one chosen for the method; `false` only compares regimes. */
  chosen?: boolean | undefined;
}

const name = z.string().min(1);

/** The settings of the stage `report`. */
export const reportSettings: z.ZodType<ReportSettings> = z
  .strictObject({
    title: z.string().min(1),
    cells: z
      .array(
        z.strictObject({
          input: name,
          task: name,
          encoder: name,
          method: name,
          seed: z.int().nonnegative(),
          regime: name.optional(),
          chosen: z.boolean().optional(),
        }),
      )
      .min(1, "must hold one cell at the least"),
    claims: z.boolean().default(false),
    controls: z.array(name).default([]),
  })
  .superRefine(({ cells, claims, controls }, issues) => {
    const tasks = [...new Set(cells.map((c) => c.task))];
    controls.forEach((control, i) => {
      if (tasks.includes(control)) return;
      issues.addIssue({
        code: "custom",
        path: ["controls", i],
        input: control,
        message: `must be a task of the cells (${tasks.join(", ")})`,
      });
    });
    const encoders = [...new Set(cells.map((c) => c.encoder))];
    if (claims && encoders.length > 1) {
      issues.addIssue({
        code: "custom",
        path: ["claims"],
        input: encoders,
        message: "are about one encoder; report each apart",
      });
    }
    if (claims && tasks.every((task) => controls.includes(task))) {
      issues.addIssue({
        code: "custom",
        path: ["controls"],
        input: controls,
        message: "must leave a task that claims are about",
      });
    }
  });
