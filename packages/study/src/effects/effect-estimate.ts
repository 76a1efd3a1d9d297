import { pairedBootstrap, percentileInterval, type TaskSample } from "@sweetspot/statistics";

/** How effects are estimated. */
export interface Bootstrapping {
  /** How often seeds and examples are redrawn; with 1,999, ranks are whole at the usual levels. */
  resamples: number;
  /** The intervals' level, in `(0, 1)`. */
  level: number;
  /** The seed of the draws. */
  seed: number;
}

/** How the study estimates effects. */
export const bootstrapping: Bootstrapping = { resamples: 1999, level: 0.95, seed: 1 };

/** An effect in percentage points with its interval. */
export interface Effect {
  effect: number;
  low: number;
  high: number;
}

/** One task's effect; its interval is for that task alone and not corrected for the others. */
export interface TaskEffect extends Effect {
  task: string;
  /** Whether the task is shown separately and left out of means. */
  control: boolean;
}

/** A task's sample and whether it is a control. */
export interface StudiedTask {
  task: string;
  control: boolean;
  sample: TaskSample;
}

/** An effect over tasks, in percentage points, whose interval can be read at any level. */
export interface EffectEstimate {
  /** The mean over tasks without controls. */
  effect: number;
  /** What it is compared with. */
  bound: number;
  /** Two-sided p-value of the effect against the bound. */
  p: number;
  /** Whether most resamples are above the bound: the side of an interval that excludes it. */
  above: boolean;
  perTask(): TaskEffect[];
  /** The interval at a level. */
  interval(level: number): Effect;
}

/**
 * The paired bootstrap of an effect that is a mean over tasks without controls and, on request, of each
 * task.
 *
 * @param bound percentage points with which the p-value compares the effect
 * @throws RangeError as `pairedBootstrap`, or if there are only controls
 */
export function estimateEffect(
  tasks: readonly StudiedTask[],
  { resamples, level, seed }: Bootstrapping,
  bound = 0,
): EffectEstimate {
  const shifted = tasks
    .filter(({ control }) => !control)
    .map(({ sample }) => ({
      ...sample,
      effect: (seeds: Uint32Array, examples: Uint32Array) =>
        100 * sample.effect(seeds, examples) - bound,
    }));
  const mean = pairedBootstrap(shifted, { resamples, level, seed });
  const middle = mean.resamples[Math.floor(mean.resamples.length / 2)] ?? NaN;
  return {
    effect: mean.effect + bound,
    bound,
    p: mean.p,
    above: middle > 0,
    perTask: () =>
      tasks.map(({ task, control, sample }) => {
        const own = pairedBootstrap([sample], { resamples, level, seed });
        const [low, high] = own.interval;
        return { task, control, effect: 100 * own.effect, low: 100 * low, high: 100 * high };
      }),
    interval: (at) => {
      const [low, high] = percentileInterval(mean.resamples, at);
      return { effect: mean.effect + bound, low: low + bound, high: high + bound };
    },
  };
}

/** The p-values at which a difference from the best of several is decided; 1 if it never is. */
export interface Decision {
  /** Of being above the bound. */
  above: number;
  /** Of being below. */
  below: number;
}

/**
 * Decides a difference from the best of several. It is above its bound if the difference itself is. But
 * the best of several is partly luck, so that even one of equals is below 0; so it is below only if the
 * difference from one of them alone is, after Bonferroni's correction over them.
 *
 * @param alone the difference from each alone; by default `best`, for a single one
 */
export function decisionOf(
  best: EffectEstimate,
  alone: readonly EffectEstimate[] = [best],
): Decision {
  const below = alone.filter((e) => !e.above).map((e) => Math.min(1, alone.length * e.p));
  return { above: best.above ? best.p : 1, below: Math.min(1, ...below) };
}

/** Whether a p-value is decided at a level, with tolerance for rounding. */
export function decided(p: number, level: number): boolean {
  return p <= (1 - level) * (1 + 1e-9);
}
