import type { Stage } from "@sweetspot/artifact";
import { z } from "zod";

/** The settings of `report`. */
export interface ReportSettings {
  title: string;
  /** What each input is; an input is an eval artefact. */
  cells: ReportCell[];
}

/** What one input of a report is. */
export interface ReportCell {
  /** The input's name. */
  input: string;
  task: string;
  encoder: string;
  method: string;
  seed: number;
}

const name = z.string().min(1);

/** `report`: the results of many cells -> one page, its figures and its numbers. */
export const stage: Stage<ReportSettings> = {
  name: "report",
  reads: "any",
  settings: z.strictObject({
    title: z.string().min(1),
    cells: z
      .array(
        z.strictObject({
          input: name,
          task: name,
          encoder: name,
          method: name,
          seed: z.int().nonnegative(),
        }),
      )
      .min(1, "must hold one cell at the least"),
  }),
  run: async (context) => (await import("./report-stage.ts")).runReport(context),
};
