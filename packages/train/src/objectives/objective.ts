/** A way to train adaptive-inference classifiers: which models to train, and what updates which layer. */
export interface Objective {
  /** One model with every exit, or a model trained alone for each exit. */
  models: "one" | "one for each exit";
  /** Whether no gradient passes from the layers after an exit to those before it, so that each layer gets the gradient of one classifier only. */
  isolated?: true;
  /** The values that differ from step to step, with the same entries at each; left out if none do. */
  course?(place: StepPlace): StepValues;
  /**
   * The share of the steps after which the learning rate's schedule and AdamW's bias corrections
   * restart. AdamW's means do not: parameters that move after must be frozen before, so that their means
   * are 0.
   */
  restartsAt?: number;
  /** How the classifiers' gradients are combined; by default they are summed. */
  combine?: "projected";
  /** How each exit learns from a teacher, besides the labels. */
  teacher?: Teacher;
}

/** A step, counted from 0, with the number of all steps and the exits. */
export interface StepPlace {
  step: number;
  totalSteps: number;
  exitLayers: readonly number[];
}

/** Numbers of one step. E exits. */
export interface StepValues {
  /** `[E]`: the weight of each exit's loss in the sum that is minimised; by default 1. */
  lossWeights?: number[];
  /** The share of a gradient that passes from the layers after an exit to those before it, in `[0, 1]`. */
  passing?: number;
  /**
   * `[2 E]`: the share of the learning rate of each segment (the embeddings are in the first), then of
   * each exit's head; by default 1. A share of 0 freezes: nothing moves, and the gradient does not count
   * in the global norm.
   */
  rates?: number[];
}

/**
 * How an exit learns from another model's logits: its loss is
 * `(1 - share) * crossEntropy + share * temperature^2 * softCrossEntropy`.
 */
export interface Teacher {
  /** In `[0, 1]`. */
  share: number;
  /** T, above 0: both sides' logits are divided by it, and gradients of the soft part shrink by T^2. */
  temperature: number;
}
