import { earlyExit } from "./early-exit.ts";
import type { Objective } from "./objective.ts";

/** The share of the steps in which the classifiers train the layers together. */
const together = 0.2;

/** SWEET after a short joint start: early-exit for the first fifth of the steps, SWEET from there on. */
export const sweetWarmUp: Objective = {
  ...earlyExit,
  course: ({ step, totalSteps }) => ({ passing: Number(step < Math.round(together * totalSteps)) }),
};
