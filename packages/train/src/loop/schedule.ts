/**
 * The learning rate of a step: rises linearly over the warm-up, reaching the peak at its last step,
 * then falls linearly, to one part above 0 at the very last.
 *
 * @param step counted from 0
 * @param warmupRatio the share of the steps that warm up, in [0, 1]
 */
export function learningRateAt(
  step: number,
  totalSteps: number,
  peak: number,
  warmupRatio: number,
): number {
  const warmupSteps = Math.floor(totalSteps * warmupRatio);
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  return (peak * (totalSteps - step)) / (totalSteps - warmupSteps);
}

/**
 * The place of a step in its stage, where the optimizer begins anew after a share of all steps.
 *
 * @param step counted from 0
 * @param restartsAt in (0, 1); without it there is one stage
 */
export function stageOf(
  step: number,
  totalSteps: number,
  restartsAt?: number,
): { step: number; totalSteps: number } {
  const first = restartsAt === undefined ? totalSteps : Math.round(restartsAt * totalSteps);
  return step < first
    ? { step, totalSteps: first }
    : { step: step - first, totalSteps: totalSteps - first };
}
