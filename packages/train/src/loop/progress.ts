import type { PlannedBatch } from "@sweetspot/data";
import type { StepMetrics } from "./training-state.ts";

/** The time between two lines. */
const everyMs = 2000;

/**
 * Logs the progress of a training, every two seconds and at the end:
 * `step 96/420  loss 0.512  3.1 steps/s  1:44 left`. The loss is the mean over the exits and over the
 * steps since the line before. Time left counts tokens, padding included, since steps differ in length.
 *
 * @param firstStep where it resumes
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
  let loggedAt = begun;
  let done = firstStep;
  let losses: number[] = [];
  return (fresh) => {
    done += fresh.length;
    losses.push(...fresh.map((m) => mean(m.losses)));
    const at = now();
    if (at - loggedAt < everyMs && done < plan.length) return;
    const seconds = (at - begun) / 1000;
    const rate = (done - firstStep) / seconds;
    const left = (seconds * tokens(plan.slice(done))) / tokens(plan.slice(firstStep, done));
    log(
      `step ${done}/${plan.length}  loss ${mean(losses).toFixed(3)}  ${rate.toFixed(1)} steps/s  ${clock(left)} left`,
    );
    loggedAt = at;
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
