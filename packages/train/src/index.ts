export { type Arrangement, arrangement } from "./loop/arrangement.ts";
export {
  adamW,
  adamWScalars,
  type AdamScalars,
  type AdamState,
  clipScale,
  decays,
  globalNorm,
} from "./step/adamw.ts";
export { crossEntropy, softCrossEntropy } from "./step/cross-entropy.ts";
export { dropoutMasks, keepProbability, type MaskSource } from "./step/dropout-masks.ts";
export { earlyExit } from "./objectives/early-exit.ts";
export { multiModel } from "./objectives/multi-model.ts";
export type { Objective, StepPlace, StepValues, Teacher } from "./objectives/objective.ts";
export {
  exitLayersOfModels,
  type ObjectiveName,
  objectiveNames,
  objectives,
} from "./objectives/objectives.ts";
export { conflictSummary } from "./step/conflict-summary.ts";
export {
  type ClassifierGradients,
  gradientConflict,
  meetingPlaces,
  reachedLayers,
} from "./step/gradient-conflict.ts";
export { type Machinery, openLoop } from "./loop/open-loop.ts";
export { type OccurringRows, occurringRows, restoreRows } from "./step/occurring-rows.ts";
export { runInputs, type StepSettings } from "./loop/run-inputs.ts";
export { type LearningRateSchedule, learningRateSchedule } from "./loop/schedule.ts";
export type { Checkpoints } from "./loop/take-steps.ts";
export type { TrainSettings } from "./settings.ts";
export { sweet } from "./objectives/sweet.ts";
export { segmentInput, stopGradient } from "./step/segment-input.ts";
export { runTrain } from "./train-stage.ts";
export {
  classifierGradients,
  lossesAndGradients,
  objectiveInputs,
  type StepDefinition,
  type StepObjective,
  stepInputs,
  trainingStep,
} from "./step/training-step.ts";
export { initialState, stepState, weightsOf } from "./step/state-layout.ts";
export type { StepMetrics } from "./loop/training-state.ts";
export {
  type TrainedModel,
  trainModel,
  type TrainingOptions,
  type TrainingTask,
} from "./loop/training.ts";
