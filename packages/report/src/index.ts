export { type ReportedCell, readCell } from "./cell.ts";
export { compare, type Comparison } from "./summary/comparisons.ts";
export { png } from "./figures/png.ts";
export { makeReport, type Report } from "./report.ts";
export type { CurveColumns, ReportResults } from "./page/report-results.ts";
export type { ReportCell, ReportSettings } from "./settings.ts";
export { type Group, summarise } from "./summary/summary.ts";
