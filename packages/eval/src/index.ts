export { budgets, evaluate, type RightAnswers, rightAnswers } from "./evaluate.ts";
export { type CascadeExit, cascadeExits, type MemberExits } from "./exit-cost.ts";
export { argmax, confidence, exitOf, leaves, softmax } from "./exit-rule.ts";
export { paperThresholds } from "./paper-thresholds.ts";
export {
  type Method,
  methods,
  methodSchema,
  type PredictedSplit,
  type Predictions,
  predictionsSchema,
  readLogits,
  readPredictedSplit,
  readPredictions,
  type SplitLogits,
} from "./predictions.ts";
export {
  type BudgetResult,
  type CellResults,
  cellResultsSchema,
  type CurvePoint,
  type ExitResult,
  type Milliseconds,
} from "./results.ts";
export {
  exitsAt,
  type Move,
  movesOf,
  type OperatingPoint,
  operatingPoint,
  type Outcomes,
  speedAccuracyCurve,
} from "./speed-accuracy.ts";
export {
  areaBetween,
  areaDifference,
  commonCosts,
  type CostCurve,
  costCurve,
  type CostedOutcomes,
  halves,
  meanAccuracy,
  resampledCurve,
} from "./statistics/area-between.ts";
export {
  expectedCalibrationError,
  reliability,
  type ReliabilityBin,
} from "./statistics/expected-calibration-error.ts";
export { type Holm, holm } from "./statistics/holm.ts";
export {
  type Bootstrap,
  meanDifference,
  pairedBootstrap,
  percentileInterval,
  type TaskSample,
} from "./statistics/paired-bootstrap.ts";
export { pairedDifference } from "./statistics/paired-difference.ts";
export { type Interval, normalQuantile, wilson } from "./statistics/wilson.ts";
export type { EvalSettings } from "./stage.ts";
export { fitTemperature } from "./temperature.ts";
export {
  exitMilliseconds,
  type Machine,
  type TimedBatch,
  type TimedSegment,
  type Timing,
  timingSchema,
} from "./timing.ts";
