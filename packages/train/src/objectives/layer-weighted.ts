import { earlyExit } from "./early-exit.ts";
import type { Objective } from "./objective.ts";

/**
 * Early-Exit with losses weighted by depth: the weight of an exit after layer j is `j / (sum of the exits' layers)`.
 *
 * Source: PABEE, arXiv:2006.04152, which has a classifier after every layer.
 */
export const layerWeighted: Objective = {
  ...earlyExit,
  course: ({ exitLayers }) => {
    const total = exitLayers.reduce((a, b) => a + b, 0);
    return { lossWeights: exitLayers.map((layer) => layer / total) };
  },
};
