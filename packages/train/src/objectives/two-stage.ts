import { earlyExit } from "./early-exit.ts";
import type { Objective } from "./objective.ts";

/** The first stage's share of the steps. */
const firstStage = 0.5;

/**
 * Two stages: in the first half of the steps the encoder and the last exit are trained; then both are
 * frozen, and the other exits' heads are, with an optimizer and a schedule of their own.
 *
 * Source: DeeBERT, arXiv:2004.12993; here both stages share the steps of one training.
 */
export const twoStage: Objective = {
  ...earlyExit,
  restartsAt: firstStage,
  course: ({ step, totalSteps, exitLayers }) => {
    const first = step < Math.round(firstStage * totalSteps);
    const last = exitLayers.map((_, e) => Number((e === exitLayers.length - 1) === first));
    return { lossWeights: last, rates: [...exitLayers.map(() => Number(first)), ...last] };
  },
};
