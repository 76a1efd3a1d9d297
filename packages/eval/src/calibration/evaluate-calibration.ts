import type { PredictedSplit, SplitLogits } from "../predictions.ts";
import { predictedSplit } from "../predictions.ts";
import type { CalibrationResult } from "@sweetspot/artifact";
import { expectedCalibrationError, reliability } from "@sweetspot/statistics";
import { fitTemperature } from "./temperature.ts";

/**
 * How far each exit's confidences are from its accuracy on the test split, before and after dividing
 * its logits by a temperature fitted on the calibration split.
 *
 * @param exitLayers the layer that each exit reads, `[E]`
 * @param classes K
 */
export function evaluateCalibration(
  calibration: SplitLogits,
  test: SplitLogits,
  exitLayers: readonly number[],
  classes: number,
): CalibrationResult[] {
  const temperatures = calibration.logits.map((exit) => fitTemperature(exit, calibration.labels));
  const before = predictedSplit(test, classes);
  const after = predictedSplit(test, classes, temperatures);
  return exitLayers.map((exitLayer, e) => ({
    exitLayer,
    temperature: temperatures[e] ?? NaN,
    before: measure(before, e),
    after: measure(after, e),
  }));
}

function measure({ confidences, correct }: PredictedSplit, e: number): CalibrationResult["before"] {
  const [confidence, right] = [confidences[e] ?? [], correct[e] ?? []];
  return {
    ece: expectedCalibrationError(confidence, right),
    bins: reliability(confidence, right),
  };
}
