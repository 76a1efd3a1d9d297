import { type Stage, zeroEstimate } from "@sweetspot/artifact";
import { type ReportSettings, reportSettings } from "./settings.ts";

/** `report`: the results of many cells -> one page, its figures and its numbers. */
export const stage: Stage<ReportSettings> = {
  name: "report",
  reads: "any",
  settings: reportSettings,
  // Figures of each task, numbers and predictions of each of its methods: measured on the demo's.
  estimate: async ({ settings: { cells } }) => ({
    ...zeroEstimate,
    diskBytes:
      9e5 * new Set(cells.map((c) => `${c.task} ${c.encoder}`)).size +
      3e5 * new Set(cells.map((c) => `${c.task} ${c.encoder} ${c.method}`)).size,
  }),
  run: async (context) => (await import("./report-stage.ts")).runReport(context),
};
