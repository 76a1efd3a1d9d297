import type { PlannedBatch } from "@sweetspot/data";
import type { StepMetrics } from "./training-state.ts";

/** A line is shown when this has passed since the one before. */
const everyMs = 2000;

/**
 * Tells how far a training has come, every two seconds and when it is done:
 * `step 96/420  loss 0.512  3.1 steps/s  1:44 left`. The loss is the mean over the exits and over the
 * steps since the line before. Time left counts tokens, padding included, since steps differ in length.
 *
 * @param firstStep where it goes on from
 * @param now a clock in milliseconds
 */
export function progressReport(
  plan: readonly Pick<PlannedBatch, "length">[],
  firstStep: number,
  log: (line: string) => void,
  now: () => number = () => performance.now(),
): (fresh: readonly StepMetrics[]) => void {
  const tokens = (steps: readonly Pick<PlannedBatch, "length">[]) =>
    steps.reduce((sum, { length }) => sum + length, 0);
  const begun = now();
  let told = begun;
  let done = firstStep;
  let losses: number[] = [];
  return (fresh) => {
    done += fresh.length;
    losses.push(...fresh.map((m) => mean(m.losses)));
    const at = now();
    if (at - told < everyMs && done < plan.length) return;
    const seconds = (at - begun) / 1000;
    const rate = (done - firstStep) / seconds;
    const left = (seconds * tokens(plan.slice(done))) / tokens(plan.slice(firstStep, done));
    log(
      `step ${done}/${plan.length}  loss ${mean(losses).toFixed(3)}  ${rate.toFixed(1)} steps/s  ${clock(left)} left`,
    );
    told = at;
    losses = [];
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

/** Seconds as `m:ss`. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
