import { meetingPlaces, reachedLayers } from "./gradient-conflict.ts";
import type { StepMetrics } from "../loop/training-state.ts";

/** `gradient-conflict.json`: how classifiers' gradients lay to each other in a training. Layer 0 is the embeddings. */
export interface ConflictSummary {
  format: "sweetspot-gradient-conflict-1";
  /** Steps that were measured. */
  steps: number;
  /** Two classifiers, by the layers that they read, in a layer that both reach. */
  pairs: {
    layer: number;
    exits: [number, number];
    /** The mean over the steps in which both have a gradient, in `[-1, 1]`. */
    cosine: number;
    /** The share of those steps in which it is below 0. */
    conflicts: number;
  }[];
  /** A classifier's gradient and the update that was made: the mean cosine. */
  alignments: { layer: number; exit: number; cosine: number }[];
}

/** Sums up what the steps of a training told; nothing if they told nothing. */
export function conflictSummary(
  metrics: readonly StepMetrics[],
  { exitLayers, isolated }: { exitLayers: readonly number[]; isolated?: boolean | undefined },
): ConflictSummary | undefined {
  const measured = metrics.filter((m) => m.alignments !== undefined);
  const steps = measured.length;
  if (steps === 0) return undefined;
  /** Over the steps in which both have a gradient: exactly 0 is told of those in which one has none. */
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
