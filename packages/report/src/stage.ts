import type { Stage } from "@sweetspot/artifact";
import { type ReportSettings, reportSettings } from "./settings.ts";

/** `report`: the results of many cells -> one page, its figures and its numbers. */
export const stage: Stage<ReportSettings> = {
  name: "report",
  reads: "any",
  settings: reportSettings,
  run: async (context) => (await import("./report-stage.ts")).runReport(context),
};
