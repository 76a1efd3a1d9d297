import type { CostedOutcomes, ExitPromise, Kept, Outcomes } from "@sweetspot/artifact";
import { binomialDistribution, hoeffdingBentkus } from "@sweetspot/statistics";
import { exitsAt, speedAccuracyCurve } from "./curves/speed-accuracy.ts";

/** A cascade's outcomes with its answers. */
export interface AnsweredOutcomes extends CostedOutcomes {
  /** The predicted classes, `[E][N]`. */
  predicted: readonly ArrayLike<number>[];
}

/** The threshold at which a promise holds, or why there is none. */
export type Certified = { threshold: number } | { threshold: null; why: string };

/**
 * Learn then test: finds the threshold at which a promise holds with the given confidence, for any
 * distribution of inputs from which the split was drawn. The hypothesis that a candidate breaks the
 * promise is tested for each candidate in an order fixed beforehand, up to the first that is not
 * rejected. So no correction is needed, and the probability that the returned threshold breaks its
 * promise is at most `1 - confidence`.
 *
 * - `agree`: from the largest threshold down, to the fastest one certified. An example is a loss if
 *   its answer is not the full model's; the p-value is the binomial's exact tail.
 * - `lose`: likewise, where an example is a loss if the full model is right and the cascade wrong. The
 *   accuracy lost is that share less the share of the reverse, hence at most that share: valid, but
 *   cautious if early exits are often right where the last is wrong.
 * - `spend`: from the smallest threshold up, to the last one certified, by `hoeffdingBentkus` of the
 *   cost between the first exit's and the last's. A threshold of 0 leaves at the first exit and needs
 *   no test.
 *
 * Sending all to the last exit keeps `agree` and `lose` without a test, but saves nothing: if no
 * candidate is certified, there is no threshold.
 *
 * @param outcomes of a split that is used for nothing else
 * @param candidates thresholds, ascending, chosen without using `outcomes` (`candidateThresholds`)
 * @param confidence in `(0, 1)`
 * @throws RangeError if confidence is out of range, or as `exitsAt`
 * Source: Learn then Test, arXiv:2110.01052 (fixed-sequence testing).
 */
export function learnThenTest(
  promise: ExitPromise,
  outcomes: AnsweredOutcomes,
  candidates: readonly number[],
  confidence = 0.95,
): Certified {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(
      `learnThenTest: confidence must be between 0 and 1, got ${confidence}; for example, take 0.95`,
    );
  }
  const test = "spend" in promise ? costTest(promise.spend) : lossTest(promise);
  return test(outcomes, candidates, 1 - confidence);
}

/**
 * Thresholds at which to test a promise, in `[0, 1]`, ascending: at most 500 of the exact curve on a
 * split that the promise is not tested on, so that they are dense where predictions are. If a
 * confidence is exactly 1, the curve's last threshold is over 1, at which no cascade runs; 1 replaces
 * it.
 *
 * @throws RangeError as `speedAccuracyCurve`
 */
export function candidateThresholds(calibration: Outcomes): number[] {
  const capped = speedAccuracyCurve(calibration).map(({ threshold }) => Math.min(1, threshold));
  const thresholds = capped.filter((threshold, i) => threshold !== capped[i - 1]);
  const count = Math.min(500, thresholds.length);
  const step = (thresholds.length - 1) / Math.max(1, count - 1);
  return Array.from({ length: count }, (_, i) => thresholds[Math.round(i * step)] ?? NaN);
}

/** A cascade's results at a threshold, compared with the full model. @throws RangeError as `exitsAt` */
export function kept(outcomes: AnsweredOutcomes, threshold: number): Kept {
  const exits = exitsAt(outcomes, threshold);
  const n = exits.length;
  const { correct, exitLayers, layers } = outcomes;
  const share = (value: (exit: number, i: number) => number) =>
    exits.reduce((sum, exit, i) => sum + value(exit, i), 0) / n;
  return {
    cost: share((exit) => exitLayers[exit] ?? NaN) / layers,
    accuracy: share((exit, i) => correct[exit]?.[i] ?? NaN),
    agreement: 1 - share((exit, i) => Number(differs(outcomes, exit, i))),
  };
}

type Test = (outcomes: AnsweredOutcomes, candidates: readonly number[], delta: number) => Certified;

/** The test of a promise about losses, where each example is a loss or not. */
function lossTest(promise: { agree: number } | { lose: number }): Test {
  const [limit, isLoss, what] =
    "agree" in promise
      ? ([1 - promise.agree, differs, "have an answer other than the full model's"] as const)
      : ([promise.lose / 100, harms, "lose a right answer of the full model"] as const);
  return (outcomes, candidates, delta) => {
    let threshold: number | null = null;
    for (const candidate of candidates.toReversed()) {
      const exits = exitsAt(outcomes, candidate);
      const losses = exits.reduce((sum, exit, i) => sum + Number(isLoss(outcomes, exit, i)), 0);
      if (binomialDistribution(losses, exits.length, limit) > delta) {
        if (threshold !== null) break;
        return { threshold, why: tooFew(losses, exits.length, limit, delta, what) };
      }
      threshold = candidate;
    }
    return threshold === null
      ? { threshold, why: "there is no candidate threshold" }
      : { threshold };
  };
}

function differs({ predicted }: AnsweredOutcomes, exit: number, i: number): boolean {
  return predicted[exit]?.[i] !== predicted.at(-1)?.[i];
}

function harms({ correct }: AnsweredOutcomes, exit: number, i: number): boolean {
  return correct.at(-1)?.[i] === 1 && correct[exit]?.[i] !== 1;
}

/** Why the first candidate is not certified, and how many examples would be enough. */
function tooFew(losses: number, n: number, limit: number, delta: number, what: string): string {
  const seen = `${losses} of ${n} examples ${what} at the safest threshold`;
  const none = Math.ceil(Math.log(delta) / Math.log1p(-limit));
  if (losses === 0) return `${seen}; ${none} examples with none would be enough`;
  const passes = (m: number) =>
    binomialDistribution(Math.ceil((losses / n) * m), m, limit) <= delta;
  const most = 2 ** 20;
  if (losses / n >= limit || !passes(most))
    return `${seen}; at that rate no number would be enough`;
  let [low, high] = [Math.max(n, none), most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) high = middle;
    else low = middle;
  }
  return `${seen}; at that rate about ${high} examples would be enough`;
}

/** The test of a promise about the mean cost. */
function costTest(spend: number): Test {
  return (outcomes, candidates, delta) => {
    const { exitLayers, layers } = outcomes;
    const first = exitLayers[0] ?? NaN;
    const last = exitLayers.at(-1) ?? NaN;
    if (first / layers > spend) {
      return {
        threshold: null,
        why: `the first exit alone costs ${(first / layers).toFixed(2)} of the full model`,
      };
    }
    // No example costs more than the last exit, so there is nothing to test.
    if (last / layers <= spend) return { threshold: candidates.at(-1) ?? 0 };
    const limit = (spend * layers - first) / (last - first);
    let threshold = 0;
    for (const candidate of candidates) {
      const exits = exitsAt(outcomes, candidate);
      const sum = exits.reduce(
        (total, exit) => total + ((exitLayers[exit] ?? NaN) - first) / (last - first),
        0,
      );
      // A spend of exactly the first exit's cost leaves no room for a test.
      if (limit <= 0 || hoeffdingBentkus(sum, exits.length, limit) > delta) break;
      threshold = candidate;
    }
    return { threshold };
  };
}
