import type { Objective } from "./objective.ts";

/**
 * Multi-Model: one model for each exit, the first layers of the same pretrained encoder, each
 * fine-tuned alone. An example that does not exit from one model starts over in the next.
 *
 * Source: "Finding the SWEET Spot", arXiv:2306.02307, section 2.
 */
export const multiModel: Objective = {
  models: "one for each exit",
};
