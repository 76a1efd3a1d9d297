import type { TrainSettings } from "../settings.ts";

/** The learning rate of every step. */
export interface LearningRateSchedule {
  /** Steps are counted from 0; `stepInStage` from the optimizer's last restart. */
  at(step: number): { rate: number; stepInStage: number };
}

/**
 * The learning rate rises linearly over the warm-up, reaching its peak at the warm-up's last step, then
 * falls linearly, to one part above 0 at the very last step.
 *
 * @param settings `learningRate` is the peak; `warmupRatio` the share of the steps that warm up
 * @param restartsAt the share of the steps, in (0, 1), after which the schedule starts again; without
 *   it there is one stage
 */
export function learningRateSchedule(
  { learningRate, warmupRatio }: Pick<TrainSettings, "learningRate" | "warmupRatio">,
  totalSteps: number,
  restartsAt?: number,
): LearningRateSchedule {
  const firstStage = restartsAt === undefined ? totalSteps : Math.round(restartsAt * totalSteps);
  return {
    at(step) {
      const restarted = step >= firstStage;
      const stepInStage = restarted ? step - firstStage : step;
      const steps = restarted ? totalSteps - firstStage : firstStage;
      const warmup = Math.floor(steps * warmupRatio);
      const rate =
        stepInStage < warmup
          ? (learningRate * (stepInStage + 1)) / warmup
          : (learningRate * (steps - stepInStage)) / (steps - warmup);
      return { rate, stepInStage };
    },
  };
}
