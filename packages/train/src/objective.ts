import type * as tf from "@tensorflow/tfjs";
import { earlyExit } from "./early-exit.ts";
import { multiModel } from "./multi-model.ts";
import { sweet } from "./sweet.ts";

/** A way of training adaptive-inference classifiers: which models there are, and what updates which layer. */
export interface Objective {
  /** The exit layers of each model that is trained alone; one model for all, or a cascade. */
  members(exitLayers: readonly number[]): number[][];
  /** What the layers after an exit are given in place of what comes from before. */
  nextSegmentInput<T extends tf.Tensor>(x: T): T;
}

/** By the method's name in a pipeline file. The loss of each is the sum of its exits' cross entropies. */
export const objectives: Readonly<Record<"early-exit" | "sweet" | "multi-model", Objective>> = {
  "early-exit": earlyExit,
  sweet,
  "multi-model": multiModel,
};
