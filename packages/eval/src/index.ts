export { budgets } from "./curves/curve-point.ts";
export { evaluate, rightAnswers } from "./evaluate.ts";
export { type CascadeExit, cascadeExits, type MemberExits } from "./curves/exit-cost.ts";
export { argmax, confidence, exitOf, leaves, softmax } from "./exit-rules/confidence.ts";
export {
  type ExitLogits,
  type LabelledLogits,
  predictedClasses,
} from "./exit-rules/exit-logits.ts";
export { certainty } from "./exit-rules/entropy.ts";
export {
  type ExitRule,
  type ExitRuleName,
  exitRuleNames,
  exitRules,
  exitRuleSchema,
} from "./exit-rules/exit-rules.ts";
export { exitFeatures, fitLearnedExits, learnedScores } from "./exit-rules/learned.ts";
export { logistic, type LogisticRegression } from "./exit-rules/fit-answers.ts";
export { margin } from "./exit-rules/margin.ts";
export { oracle } from "./exit-rules/oracle.ts";
export { patienceWithConfidenceScores } from "./exit-rules/patience-with-confidence.ts";
export { agreeingExits } from "./exit-rules/patience.ts";
export { paperThresholds } from "./curves/paper-thresholds.ts";
export {
  type PredictedSplit,
  predictedSplit,
  readLogits,
  readPredictions,
  type SplitLogits,
} from "./predictions.ts";
export type { Choice } from "./choose.ts";
export {
  exitsAt,
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
export { exitMilliseconds } from "./curves/timing.ts";
