import { alternating } from "./alternating.ts";
import { earlyExitDistilled, sweetDistilled } from "./distilled.ts";
import { earlyExit } from "./early-exit.ts";
import { layerWeighted } from "./layer-weighted.ts";
import { multiModel } from "./multi-model.ts";
import { projected } from "./projected.ts";
import { sweet } from "./sweet.ts";
import { sweetRates } from "./sweet-rates.ts";
import { sweetWarmUp } from "./sweet-warm-up.ts";
import { twoStage } from "./two-stage.ts";
import type { Objective } from "./objective.ts";

/** The names of the objectives in pipeline files. */
export const objectiveNames = [
  "early-exit",
  "sweet",
  "multi-model",
  "layer-weighted",
  "two-stage",
  "alternating",
  "projected",
  "early-exit-distilled",
  "sweet-distilled",
  "sweet-warm-up",
  "sweet-rates",
] as const;

/** The name of an objective in a pipeline file: its `method`. */
export type ObjectiveName = (typeof objectiveNames)[number];

/** By the method's name in a pipeline file. Unless stated otherwise, the loss is the sum of the exits' cross entropies. */
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

/** The exit layers of each model that an objective trains. */
export function exitLayersOfModels(
  { models }: Pick<Objective, "models">,
  exitLayers: readonly number[],
): number[][] {
  return models === "one" ? [[...exitLayers]] : exitLayers.map((layer) => [layer]);
}
