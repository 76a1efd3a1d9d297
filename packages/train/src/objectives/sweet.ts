import type { Objective } from "./objective.ts";

/**
 * SWEET: one model in which only the next classifier above a layer updates it. The forward
 * pass is early-exit's; gradients stop between an exit's layer and the layers after it.
 *
 * Source: "Finding the SWEET Spot", arXiv:2306.02307, section 4.
 */
export const sweet: Objective = {
  models: "one",
  isolated: true,
};
