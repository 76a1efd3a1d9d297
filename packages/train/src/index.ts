export { type Arrangement, arrangement } from "./arrangement.ts";
export {
  adamW,
  adamWScalars,
  type AdamScalars,
  type AdamState,
  clipScale,
  decays,
  globalNorm,
} from "./adamw.ts";
export { crossEntropy, softCrossEntropy } from "./cross-entropy.ts";
export { dropoutMasks, keepProbability, type MaskSource } from "./dropout-masks.ts";
export { earlyExit } from "./early-exit.ts";
export { multiModel } from "./multi-model.ts";
export {
  type ClassifierGradients,
  type Objective,
  type ObjectiveName,
  objectives,
  type StepPlace,
  type StepValues,
  type Teacher,
} from "./objective.ts";
export { type ConflictSummary, conflictSummary } from "./conflict-summary.ts";
export { gradientConflict, meetingPlaces, reachedLayers } from "./gradient-conflict.ts";
export { type Machinery, openLoop } from "./open-loop.ts";
export { type OccurringRows, occurringRows, restoreRows } from "./occurring-rows.ts";
export { runInputs, type StepSettings } from "./run-inputs.ts";
export { learningRateAt } from "./schedule.ts";
export type { Checkpoints } from "./run-plan.ts";
export type { TrainSettings } from "./stage.ts";
export { stopGradient, sweet } from "./sweet.ts";
export { runTrain } from "./train-stage.ts";
export {
  classifierGradients,
  lossesAndGradients,
  objectiveInputs,
  type StepDefinition,
  type StepObjective,
  stepInputs,
  trainingStep,
} from "./training-step.ts";
export { initialState, stepState, weightsOf } from "./state-layout.ts";
export type { StepMetrics } from "./training-state.ts";
export {
  type TrainedModel,
  trainModel,
  type TrainingOptions,
  type TrainingTask,
} from "./training.ts";
