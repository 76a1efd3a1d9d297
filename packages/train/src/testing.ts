// What the tests, scripts and benchmarks of other packages need of this one; no part of its API.
export { arrangement } from "./loop/arrangement.ts";
export { type Machinery, openLoop } from "./loop/open-loop.ts";
export { runInputs } from "./loop/run-inputs.ts";
export { learningRateSchedule } from "./loop/schedule.ts";
export type { MaskSource } from "./step/dropout-masks.ts";
export { occurringRows } from "./step/occurring-rows.ts";
export { segmentInput } from "./step/segment-input.ts";
export { lossesAndGradients } from "./step/training-step.ts";
export { hashesOf, trainingCells } from "./testing/cells.ts";
export { smallSplit, smallTask } from "./testing/small-bert.ts";
export { stepLoop } from "./testing/step-loop.ts";
export { twoWords } from "./testing/two-words.ts";
