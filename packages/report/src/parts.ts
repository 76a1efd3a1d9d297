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
export { table } from "./page/html-tables.ts";
export { mean } from "./summary/mean.ts";
export { mainMethods, type MethodKind, type MethodStyle, methodStyles } from "./summary/methods.ts";
export { cosineText, percent, points, signed } from "./summary/numbers.ts";
export { figureSection, htmlPage, introduction } from "./page/page.ts";
export { promisesTable } from "./page/promises-table.ts";
export { type PromiseRow, promisesOf } from "./summary/promises.ts";
export { type Group, summarise } from "./summary/summary.ts";
