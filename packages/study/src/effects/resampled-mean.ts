import { meanAccuracy, movesOf, resampledCurve } from "@sweetspot/eval";
import type { CostedOutcomes } from "@sweetspot/artifact";
import type { Interval } from "@sweetspot/statistics";

/**
 * Returns a function from how often each example is drawn, `[N]`, to `meanAccuracy` of that sample's
 * exact curve over an interval of costs: the same number as with `resampledCurve`, without building the
 * curve. A bootstrap calls it hundreds of thousands of times.
 *
 * @param costs within the curve's
 * @throws RangeError as `movesOf`, and when called as `meanAccuracy`
 */
export function resampledMean(
  cascade: CostedOutcomes,
  costs: Interval,
): (exampleCounts: ArrayLike<number>) => number {
  const [low, high] = costs;
  const { exitLayers, layers, correct } = cascade;
  const n = correct[0]?.length ?? 0;
  const first = (exitLayers[0] ?? NaN) / layers;
  const last = (exitLayers.at(-1) ?? NaN) / layers;
  if (!(low >= first && low < high && high <= last)) {
    const curve = resampledCurve(cascade);
    return (counts) => meanAccuracy(curve(counts), costs);
  }
  const moves = movesOf(cascade);
  const at = Uint32Array.from(moves, (move) => move.example);
  const extraLayers = Float64Array.from(
    moves,
    ({ from, to }) => (exitLayers[to] ?? NaN) - (exitLayers[from] ?? NaN),
  );
  const extraRight = Int8Array.from(
    moves,
    ({ from, to, example }) => (correct[to]?.[example] ?? 0) - (correct[from]?.[example] ?? 0),
  );
  // Moves at one threshold happen together: the curve has a point after the last of them.
  const point = Uint8Array.from(moves, ({ threshold }, k) =>
    Number(moves[k + 1]?.threshold !== threshold),
  );
  const rightAtFirst = Uint8Array.from({ length: n }, (_, i) => correct[0]?.[i] ?? 0);
  return (counts) => {
    let [drawn, right] = [0, 0];
    for (let i = 0; i < n; i++) {
      const count = counts[i] ?? 0;
      drawn += count;
      right += count * (rightAtFirst[i] ?? 0);
    }
    // In layers run and right answers of all examples drawn; divide once, at the end.
    const [from, to] = [low * drawn * layers, high * drawn * layers];
    let run = drawn * (exitLayers[0] ?? NaN);
    let [x0, y0] = [run, right];
    let area = 0;
    for (let k = 0; k < at.length && x0 < to; k++) {
      const count = counts[at[k] ?? 0] ?? 0;
      if (count !== 0) {
        run += count * (extraLayers[k] ?? 0);
        right += count * (extraRight[k] ?? 0);
      }
      if (point[k] === 0 || run === x0) continue;
      if (x0 >= from && run <= to) {
        area += (run - x0) * ((y0 + right) / 2);
      } else if (run > from) {
        const [a, b] = [Math.max(x0, from), Math.min(run, to)];
        const slope = (right - y0) / (run - x0);
        area += (b - a) * (y0 + slope * ((a + b) / 2 - x0));
      }
      x0 = run;
      y0 = right;
    }
    return area / ((to - from) * drawn);
  };
}
