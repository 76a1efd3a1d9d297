import type { Objective } from "./objective.ts";
import { sweet } from "./sweet.ts";

/**
 * SWEET with a learning rate for each segment: of S segments the s-th, with its exit's head, has
 * `2 s / (S + 1)` of the rate, 1 on average. The idea: a first segment that learns fast memorises the
 * training set and leaves little for the deeper ones to learn.
 */
export const sweetRates: Objective = {
  ...sweet,
  course: ({ exitLayers }) => {
    const shares = exitLayers.map((_, e) => (2 * (e + 1)) / (exitLayers.length + 1));
    return { rates: [...shares, ...shares] };
  },
};
