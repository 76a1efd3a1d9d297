import { pairedBootstrap, percentileInterval, type TaskSample } from "@sweetspot/statistics";

/** How effects are estimated. */
export interface Bootstrapping {
  /** How often seeds and examples are drawn anew: 1,999 and the sample itself make whole ranks. */
  resamples: number;
  /** Of the intervals, in `(0, 1)`. */
  level: number;
  /** Of the draws. */
  seed: number;
}

export const bootstrapping: Bootstrapping = { resamples: 1999, level: 0.95, seed: 1 };

/** An effect in percentage points with its interval. */
export interface Effect {
  effect: number;
  low: number;
  high: number;
}

/** One task's effect; its interval is of that task alone, not corrected for the others. */
export interface TaskEffect extends Effect {
  task: string;
  /** Whether the task is shown apart and left out of means. */
  control: boolean;
}

/** A task's sample and whether it is a control. */
export interface StudiedTask {
  task: string;
  control: boolean;
  sample: TaskSample;
}

/** An effect over tasks, not yet read at a level. In percentage points. */
export interface EffectEstimate {
  /** The mean over tasks, controls left out. */
  effect: number;
  /** What it is held against. */
  bound: number;
  /** Two-sided, of the effect against the bound. */
  p: number;
  /** Whether most resamples lie above the bound: the side on which an interval that leaves it out lies. */
  above: boolean;
  perTask(): TaskEffect[];
  /** The interval at a level. */
  interval(level: number): Effect;
}

/**
 * The paired bootstrap of an effect that is a mean over tasks, controls left out; and, asked for it, of
 * each task.
 *
 * @param bound points that the p-value holds the effect against
 * @throws RangeError as `pairedBootstrap`; if there are only controls, too
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

/** The p-values at which a difference from the best of several is decided: 1 where it never is. */
export interface Decision {
  /** That it lies above the bound. */
  above: number;
  /** That it lies below. */
  below: number;
}

/**
 * What decides a difference from the best of several. It lies above its bound if it does so itself. But
 * the best of several is partly luck, so that below 0 lies even one of equals; so it lies below only if
 * one of the differences from each alone does, Bonferroni's correction over them made.
 *
 * @param alone by default there is nothing to be the best of
 */
export function decisionOf(
  best: EffectEstimate,
  alone: readonly EffectEstimate[] = [best],
): Decision {
  const below = alone.filter((e) => !e.above).map((e) => Math.min(1, alone.length * e.p));
  return { above: best.above ? best.p : 1, below: Math.min(1, ...below) };
}

/** Whether a p-value is decided at a level; the last bits of neither count. */
export function decided(p: number, level: number): boolean {
  return p <= (1 - level) * (1 + 1e-9);
}
