import { z } from "zod";

/** The settings of `report`. */
export interface ReportSettings {
  title: string;
  /** What each input is; an input is an artifact of the stage `eval`. */
  cells: ReportCell[];
}

/** The description of one input of a report. */
export interface ReportCell {
  /** The input's name. */
  input: string;
  task: string;
  encoder: string;
  method: string;
  /** The method's objective, if the method has another name. */
  objective?: string | undefined;
  seed: number;
  /** The regime it was trained under; absent in a pipeline without regimes. */
  regime?: string | undefined;
  /** Whether the regime is the one chosen for the method; cells with `false` only serve to compare regimes. */
  chosen?: boolean | undefined;
}

const name = z.string().min(1);

/** The cells of a stage, one for each input. */
export const reportCellsSchema: z.ZodType<ReportCell[]> = z
  .array(
    z.strictObject({
      input: name,
      task: name,
      encoder: name,
      method: name,
      objective: name.optional(),
      seed: z.int().nonnegative(),
      regime: name.optional(),
      chosen: z.boolean().optional(),
    }),
  )
  .min(1, "must hold at least one cell");

/** The settings of the stage `report`. */
export const reportSettings: z.ZodType<ReportSettings> = z.strictObject({
  title: name,
  cells: reportCellsSchema,
});
