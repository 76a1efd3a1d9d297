export { type Cell, readCell, type RightAnswers } from "./cell.ts";
export { compare, type Comparison } from "./comparisons.ts";
export { png } from "./png.ts";
export { makeReport, type Report } from "./report.ts";
export type { CurveColumns, ReportResults } from "./report-results.ts";
export type { ReportCell, ReportSettings } from "./stage.ts";
export { type Group, summarise } from "./summary.ts";
