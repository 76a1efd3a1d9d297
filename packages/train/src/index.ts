export type { Objective, StepPlace, StepValues, Teacher } from "./objectives/objective.ts";
export {
  exitLayersOfModels,
  type ObjectiveName,
  objectiveNames,
  objectives,
} from "./objectives/objectives.ts";
export type { Checkpoints } from "./loop/take-steps.ts";
export type { StepMetrics } from "./loop/training-state.ts";
export {
  type TrainedModel,
  trainModel,
  type TrainingOptions,
  type TrainingTask,
} from "./loop/training.ts";
export type { TrainSettings } from "./settings.ts";
export { crossEntropy, softCrossEntropy } from "./step/cross-entropy.ts";
export { initialState, stepState, weightsOf } from "./step/state-layout.ts";
export {
  objectiveInputs,
  type StepDefinition,
  stepInputs,
  type StepObjective,
  trainingStep,
} from "./step/training-step.ts";
