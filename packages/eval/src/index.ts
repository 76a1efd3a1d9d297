export { budgets } from "./curves/curve-point.ts";
export { evaluate, rightAnswers } from "./evaluate.ts";
export { type CascadeExit, cascadeExits, type MemberExits } from "./curves/exit-cost.ts";
export { argmax, confidence, exitOf, leaves, softmax } from "./exit-rules/confidence.ts";
export { type ExitLogits, type LabelledLogits } from "./exit-rules/exit-logits.ts";
export {
  type ExitRule,
  type ExitRuleName,
  exitRuleNames,
  exitRules,
  exitRuleSchema,
} from "./exit-rules/exit-rules.ts";
export { type Confusion, confusionMatrix, type Margins, margins } from "./metrics/confusion.ts";
export { evaluateMetrics } from "./metrics/evaluate-metrics.ts";
export type { Metric } from "./metrics/metric.ts";
export { type MetricName, metricNames, metrics, metricSchema } from "./metrics/metrics.ts";
export { precisions, recalls } from "./metrics/precision-recall.ts";
export { oracle } from "./exit-rules/oracle.ts";
export {
  type PredictedSplit,
  predictedSplit,
  readLogits,
  readPredictions,
  type SplitLogits,
} from "./predictions.ts";
export type { Choice } from "./choose.ts";
export {
  type Move,
  movesOf,
  type OperatingPoint,
  operatingPoint,
  speedAccuracyCurve,
} from "./curves/speed-accuracy.ts";
export {
  type AnsweredOutcomes,
  candidateThresholds,
  type Certified,
  kept,
  learnThenTest,
} from "./promise.ts";
export {
  areaBetween,
  areaDifference,
  commonCosts,
  type CostCurve,
  costCurve,
  halves,
  meanAccuracy,
  resampledCurve,
} from "./curves/area-between.ts";
export type { EvalSettings } from "./settings.ts";
export { fitTemperature } from "./calibration/temperature.ts";
export { type MeasuredTime, measuredTime } from "./curves/timing.ts";
