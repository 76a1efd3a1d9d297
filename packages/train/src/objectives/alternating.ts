import { earlyExit } from "./early-exit.ts";
import type { Objective } from "./objective.ts";

/**
 * Early-Exit that alternates: odd steps (the first, the third, ...) train the last exit only, even steps
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
