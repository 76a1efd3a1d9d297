import type { Objective } from "./objective.ts";

/**
 * Early-Exit: one model; every classifier's gradient reaches all the layers below it.
 *
 * Source: "Finding the SWEET Spot", arXiv:2306.02307, section 2; Schwartz et al., arXiv:2004.07453.
 */
export const earlyExit: Objective = {
  models: "one",
};
