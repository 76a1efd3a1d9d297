import type { GradientConflict } from "@sweetspot/artifact";
import { meetingPlaces, reachedLayers } from "./gradient-conflict.ts";
import type { StepMetrics } from "../loop/training-state.ts";

/** Summarises the gradient conflict over the steps of a training; undefined if no step reports it. */
export function conflictSummary(
  metrics: readonly StepMetrics[],
  { exitLayers, isolated }: { exitLayers: readonly number[]; isolated?: boolean | undefined },
): GradientConflict | undefined {
  const measured = metrics.filter((m) => m.alignments !== undefined);
  const steps = measured.length;
  if (steps === 0) return undefined;
  /** Over the steps in which both have a gradient; where one has none, the cosine is exactly 0. */
  const mean = (of: (m: StepMetrics) => number, value: (cosine: number) => number = (x) => x) => {
    const cosines = measured.map(of).filter((cosine) => cosine !== 0);
    return cosines.reduce((sum, cosine) => sum + value(cosine), 0) / Math.max(1, cosines.length);
  };
  const layerOfExit = (exit: number) => exitLayers[exit] ?? NaN;
  return {
    format: "sweetspot-gradient-conflict-1",
    steps,
    pairs: meetingPlaces(exitLayers, isolated).map(({ layer, first, second }, i) => ({
      layer,
      exits: [layerOfExit(first), layerOfExit(second)],
      cosine: mean((m) => m.cosines?.[i] ?? NaN),
      conflicts: mean(
        (m) => m.cosines?.[i] ?? NaN,
        (cosine) => Number(cosine < 0),
      ),
    })),
    alignments: reachedLayers(exitLayers, isolated).map(({ layer, exit }, i) => ({
      layer,
      exit: layerOfExit(exit),
      cosine: mean((m) => m.alignments?.[i] ?? NaN),
    })),
  };
}
