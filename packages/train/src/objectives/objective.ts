/** A way of training adaptive-inference classifiers: which models there are, and what updates which layer. */
export interface Objective {
  /** One model with every exit, or for each exit a model that is trained alone. */
  models: "one" | "one for each exit";
  /** Whether no gradient passes from the layers after an exit to those before it, so that each layer has one classifier's alone. */
  isolated?: true;
  /** What differs from step to step, the same entries in each; without it nothing does. */
  course?(place: StepPlace): StepValues;
  /**
   * The share of the steps after which the learning rate's schedule and AdamW's bias corrections begin
   * anew. AdamW's means do not: what moves after must have been frozen before, so that its means are 0.
   */
  restartsAt?: number;
  /** How the classifiers' gradients become the one that is followed; by default they are added up. */
  combine?: "projected";
  /** What each exit learns from a teacher beside the labels. */
  teacher?: Teacher;
}

/** Which step of how many, counted from 0, and of which exits. */
export interface StepPlace {
  step: number;
  totalSteps: number;
  exitLayers: readonly number[];
}

/** Numbers of one step. E exits. */
export interface StepValues {
  /** `[E]`: what each exit's loss counts in the sum that is minimised; by default 1. */
  lossWeights?: number[];
  /** The share of a gradient that passes from the layers after an exit to those before it, in `[0, 1]`. */
  passing?: number;
  /**
   * `[2 E]`: the share of the learning rate that moves each segment (the embeddings are in the first),
   * then each exit's head; by default 1. What has 0 is frozen: nothing moves it, and its gradient does
   * not count in the global norm.
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
