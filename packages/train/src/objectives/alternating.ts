import { earlyExit } from "./early-exit.ts";
import type { Objective } from "./objective.ts";

/**
 * Early-Exit that alternates: the first step, the third and so on train the last exit alone, the others
 * all exits.
 *
 * Source: BERxiT, aclanthology.org/2021.eacl-main.8.
 */
export const alternating: Objective = {
  ...earlyExit,
  course: ({ step, exitLayers }) => ({
    lossWeights: exitLayers.map((_, e) => Number(step % 2 === 1 || e === exitLayers.length - 1)),
  }),
};
