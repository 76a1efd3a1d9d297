import type { Outcomes } from "@sweetspot/artifact";
import { leaves } from "../exit-rules/confidence.ts";

/** What a cascade does at one threshold. */
export interface OperatingPoint {
  threshold: number;
  /** How many examples leave at each exit; they sum to N. */
  exitCounts: number[];
  /** How many are answered correctly. */
  correct: number;
}

/**
 * The exact speed-accuracy curve: one point for each set of decisions that some threshold leads to,
 * from "all leave at the first exit" to "all go to the last", in order of threshold and cost.
 *
 * A point's threshold is the largest that leads to it, which is one of the confidences. The last
 * point's is the next float64 above all of them: over 1 if a confidence is exactly 1, because at a
 * threshold of 1 that example leaves. O(N E log(N E)), by one sort.
 *
 * @throws RangeError if there is no exit or no example, or the shapes differ
 */
export function speedAccuracyCurve(outcomes: Outcomes): OperatingPoint[] {
  const { exits, n } = shape(outcomes, "speedAccuracyCurve");
  const { correct } = outcomes;
  const counts = Array.from({ length: exits }, (_, e) => (e === 0 ? n : 0));
  let right = Array.from(correct[0] ?? []).reduce((a, b) => a + b, 0);
  const points: OperatingPoint[] = [];
  const moves = movesOf(outcomes);
  let at = 0;
  while (at < moves.length) {
    const threshold = moves[at]?.threshold ?? 0;
    points.push({ threshold, exitCounts: [...counts], correct: right });
    for (let move = moves[at]; move?.threshold === threshold; move = moves[++at]) {
      const { from, to, example } = move;
      counts[from] = (counts[from] ?? 0) - 1;
      counts[to] = (counts[to] ?? 0) + 1;
      right += (correct[to]?.[example] ?? 0) - (correct[from]?.[example] ?? 0);
    }
  }
  // One exit: no move, every threshold does the same, and 1 is the largest allowed.
  const threshold = points.length === 0 ? 1 : nextUp(points.at(-1)?.threshold ?? 1);
  points.push({ threshold, exitCounts: counts, correct: right });
  return points;
}

/** An example that leaves at exit `from` up to a threshold, and at exit `to` above it. */
export interface Move {
  threshold: number;
  example: number;
  from: number;
  to: number;
}

/**
 * All moves as the threshold rises from 0, where all leave at the first exit, sorted by threshold. An
 * example leaves at an exit for thresholds up to the running maximum of its
 * confidences, so each new maximum is a move. O(N E log(N E)).
 *
 * @throws RangeError as `speedAccuracyCurve`
 */
export function movesOf(outcomes: Outcomes): Move[] {
  const { exits, n } = shape(outcomes, "movesOf");
  const { confidences } = outcomes;
  const last = exits - 1;
  const thresholds = new Float64Array(n * last);
  const moves: Move[] = [];
  for (let example = 0; example < n; example++) {
    let from = 0;
    let threshold = confidences[0]?.[example] ?? 0;
    for (let to = 1; to <= last; to++) {
      const next = to === last ? Infinity : (confidences[to]?.[example] ?? 0);
      if (next <= threshold) continue;
      thresholds[moves.length] = threshold;
      moves.push({ threshold, example, from, to });
      from = to;
      threshold = next;
    }
  }
  const order = Uint32Array.from(moves, (_, k) => k).sort(
    (a, b) => (thresholds[a] ?? 0) - (thresholds[b] ?? 0),
  );
  return Array.from(order, (k) => moves[k]).filter((move) => move !== undefined);
}

/**
 * What the cascade does at one threshold, computed directly from the rule. O(N E).
 *
 * @throws RangeError as `speedAccuracyCurve`
 */
export function operatingPoint(outcomes: Outcomes, threshold: number): OperatingPoint {
  const { exits } = shape(outcomes, "operatingPoint");
  const point = { threshold, exitCounts: Array.from({ length: exits }, () => 0), correct: 0 };
  for (const [i, exit] of exitsAt(outcomes, threshold).entries()) {
    point.exitCounts[exit] = (point.exitCounts[exit] ?? 0) + 1;
    point.correct += outcomes.correct[exit]?.[i] ?? 0;
  }
  return point;
}

/** The exit (from 0) at which each example leaves, `[N]`. @throws RangeError as `speedAccuracyCurve` */
export function exitsAt(outcomes: Outcomes, threshold: number): Int32Array {
  const { exits, n } = shape(outcomes, "exitsAt");
  const exitOfEach = new Int32Array(n).fill(exits - 1);
  for (let i = 0; i < n; i++) {
    for (let e = 0; e < exits - 1; e++) {
      if (!leaves(outcomes.confidences[e]?.[i] ?? NaN, threshold)) continue;
      exitOfEach[i] = e;
      break;
    }
  }
  return exitOfEach;
}

function shape({ confidences, correct }: Outcomes, where: string): { exits: number; n: number } {
  const exits = confidences.length;
  const n = confidences[0]?.length ?? 0;
  const rows = [...confidences, ...correct];
  if (n === 0 || correct.length !== exits || rows.some((row) => row.length !== n)) {
    throw new RangeError(
      `${where}: confidences and correct must both be [E, N] with E and N at least 1, got rows of ${rows.map((row) => row.length).join(", ") || "nothing"}`,
    );
  }
  return { exits, n };
}

/** The smallest float64 above a non-negative one. */
function nextUp(x: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
  return bits.getFloat64(0);
}
