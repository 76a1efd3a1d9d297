import type * as tf from "@tensorflow/tfjs";
import { alternating } from "./alternating.ts";
import { earlyExitDistilled, sweetDistilled } from "./distilled.ts";
import { earlyExit } from "./early-exit.ts";
import { layerWeighted } from "./layer-weighted.ts";
import { multiModel } from "./multi-model.ts";
import { projected } from "./projected.ts";
import { sweet } from "./sweet.ts";
import { sweetRates } from "./sweet-rates.ts";
import { sweetWarmUp } from "./sweet-warm-up.ts";
import type { TrainSettings } from "../settings.ts";
import { twoStage } from "./two-stage.ts";

/** A way of training adaptive-inference classifiers: which models there are, and what updates which layer. */
export interface Objective {
  /** The exit layers of each model that is trained alone; one model for all, or a cascade. */
  members(exitLayers: readonly number[]): number[][];
  /** What the layers after an exit are given in place of what comes from before. */
  nextSegmentInput<T extends tf.Tensor>(x: T): T;
  /** Whether `nextSegmentInput` cuts every gradient off, so that each layer has one classifier's alone. */
  isolated?: true;
  /** What differs from step to step, the same entries in each; without it nothing does. */
  course?(place: StepPlace): StepValues;
  /**
   * The share of the steps after which the learning rate's schedule and AdamW's bias corrections begin
   * anew. AdamW's means do not: what moves after must have been frozen before, so that its means are 0.
   */
  restartsAt?: number;
  /**
   * The gradient that is followed, made of each classifier's own; without it their sum is.
   *
   * @param gradients `[E][P]`; `undefined` where a classifier does not reach a parameter
   * @returns `[P]`
   */
  combine?(gradients: readonly ClassifierGradients[]): tf.Tensor[];
  /** What each exit learns from a teacher beside the labels. */
  teacher?: Teacher;
}

/** One classifier's gradient of each parameter that it reaches. */
export type ClassifierGradients = readonly (tf.Tensor | undefined)[];

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

/** What a pipeline file calls a method. */
export type ObjectiveName = TrainSettings["method"];

/** By the method's name in a pipeline file. The loss of each, but where it says so, is the sum of its exits' cross entropies. */
export const objectives: Readonly<Record<ObjectiveName, Objective>> = {
  "early-exit": earlyExit,
  sweet,
  "multi-model": multiModel,
  "layer-weighted": layerWeighted,
  "two-stage": twoStage,
  alternating,
  projected,
  "early-exit-distilled": earlyExitDistilled,
  "sweet-distilled": sweetDistilled,
  "sweet-warm-up": sweetWarmUp,
  "sweet-rates": sweetRates,
};
