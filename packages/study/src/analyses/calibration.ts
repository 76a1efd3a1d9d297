import type { ReliabilityBin } from "@sweetspot/statistics";
import { type ReportedCell, mean } from "@sweetspot/report/parts";
import { byMethod } from "./by-method.ts";

/** How far the confidences of a method's exits are from their accuracies, over tasks and seeds. */
export interface Calibration {
  method: string;
  /** The mean of the exits' expected calibration errors, in `[0, 1]`. */
  before: { ece: number; bins: ReliabilityBin[] };
  /** With each exit's logits divided by its temperature. */
  after: { ece: number; bins: ReliabilityBin[] };
  /** By exit layer: the geometric mean of the temperatures, and the mean errors. */
  exits: { exitLayer: number; temperature: number; before: number; after: number }[];
}

/** Each method's calibration; bins pool all exits and cells. */
export function calibrationOf(cells: readonly ReportedCell[]): Calibration[] {
  return byMethod(cells, (results) => results.calibration).map(({ method, all }) => {
    const side = (of: "before" | "after") => ({
      ece: mean(all.map((exit) => exit[of].ece)),
      bins: pooled(all.map((exit) => exit[of].bins)),
    });
    const layers = [...new Set(all.map((exit) => exit.exitLayer))].sort((a, b) => a - b);
    return {
      method,
      before: side("before"),
      after: side("after"),
      exits: layers.map((exitLayer) => {
        const own = all.filter((exit) => exit.exitLayer === exitLayer);
        return {
          exitLayer,
          temperature: Math.exp(mean(own.map((exit) => Math.log(exit.temperature)))),
          before: mean(own.map((exit) => exit.before.ece)),
          after: mean(own.map((exit) => exit.after.ece)),
        };
      }),
    };
  });
}

/** Merges the same bins of several histograms. */
function pooled(histograms: readonly (readonly ReliabilityBin[])[]): ReliabilityBin[] {
  return (histograms[0] ?? []).map(({ low, high }, b) => {
    const bins = histograms.flatMap((bins) => bins[b] ?? []);
    const count = bins.reduce((sum, bin) => sum + bin.count, 0);
    const total = (of: "confidence" | "accuracy") =>
      bins.reduce((sum, bin) => sum + bin.count * (bin[of] ?? 0), 0) / count;
    return count === 0
      ? { low, high, count, confidence: null, accuracy: null }
      : { low, high, count, confidence: total("confidence"), accuracy: total("accuracy") };
  });
}
