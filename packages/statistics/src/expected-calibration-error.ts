/** The predictions whose confidence is in `(low, high]`; the first bin also holds 0. */
export interface ReliabilityBin {
  low: number;
  high: number;
  count: number;
  /** Mean confidence; null if the bin is empty. */
  confidence: number | null;
  /** Share of right answers; null if the bin is empty. */
  accuracy: number | null;
}

/**
 * Accuracy by confidence, in bins of equal width over `[0, 1]`.
 *
 * @param confidences `[N]`, in `[0, 1]`
 * @param correct `[N]`, 1 where the prediction is right, else 0
 * @param bins how many, at least 1
 * @throws RangeError if there is no example, the lengths differ, or a confidence is outside `[0, 1]`
 * Source: Guo et al., arXiv:1706.04599, section 2.
 */
export function reliability(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number>,
  bins = 15,
): ReliabilityBin[] {
  const n = confidences.length;
  if (n === 0 || correct.length !== n || !(bins >= 1)) {
    throw new RangeError(
      `reliability: expected N confidences and N answers in 1 bin or more, got ${n} and ${correct.length} in ${bins}`,
    );
  }
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, correct: 0 }));
  for (let i = 0; i < n; i++) {
    const confidence = confidences[i] ?? NaN;
    const bin = sums[Math.max(0, Math.ceil(confidence * bins) - 1)];
    if (!(confidence >= 0) || bin === undefined) {
      throw new RangeError(`reliability: confidences must be in [0, 1], got ${confidence} at ${i}`);
    }
    bin.count++;
    bin.confidence += confidence;
    bin.correct += correct[i] ?? 0;
  }
  return sums.map(({ count, confidence, correct: right }, b) => ({
    low: b / bins,
    high: (b + 1) / bins,
    count,
    confidence: count === 0 ? null : confidence / count,
    accuracy: count === 0 ? null : right / count,
  }));
}

/**
 * The expected calibration error, in `[0, 1]`: the mean over examples of
 * `|accuracy - confidence|` of their bin. It measures how far confidences are from frequencies on
 * average, not how well they rank; on few examples it is above 0 even for perfect confidences.
 *
 * @throws RangeError as `reliability`
 * Source: Guo et al., arXiv:1706.04599, equation 3.
 */
export function expectedCalibrationError(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number>,
  bins = 15,
): number {
  const distances = reliability(confidences, correct, bins).map(
    ({ count, confidence, accuracy }) => count * Math.abs((accuracy ?? 0) - (confidence ?? 0)),
  );
  return distances.reduce((a, b) => a + b, 0) / confidences.length;
}
