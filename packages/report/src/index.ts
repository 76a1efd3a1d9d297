export { type ReportedCell, readCell } from "./cell.ts";
export { compare, type Comparison } from "./comparisons.ts";
export { png } from "./figures/png.ts";
export { makeReport, type Report } from "./report.ts";
export type { CurveColumns, ReportResults } from "./report-results.ts";
export type { ReportCell, ReportSettings } from "./settings.ts";
export { type Group, summarise } from "./summary.ts";
