export { inputOf, type ReportedCell, readCell } from "./cell.ts";
export { yDomain } from "./figures/curve-figure.ts";
export {
  dotItem,
  draw,
  escapeText,
  type Figure,
  hollow,
  methodItem,
  narrow,
  type Size,
  standalone,
  wide,
} from "./figures/draw.ts";
export { panelSize, smallMultiples } from "./figures/small-multiples.ts";
export { stepAt, type XY } from "./figures/step-curve.ts";
export { writeFigures } from "./figures/write-figures.ts";
export { table } from "./html-tables.ts";
export { mean } from "./mean.ts";
export { mainMethods, type MethodKind, type MethodStyle, methodStyles } from "./methods.ts";
export { cosineText, percent, points, signed } from "./numbers.ts";
export { figureSection, htmlPage, introduction } from "./page.ts";
export { promisesTable } from "./promises-table.ts";
export { type PromiseRow, promisesOf } from "./promises.ts";
export { type Group, summarise } from "./summary.ts";
