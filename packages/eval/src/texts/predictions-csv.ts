import type { RawExample } from "@sweetspot/artifact";
import { exitsAt } from "../curves/speed-accuracy.ts";
import type { PredictedSplit } from "../predictions.ts";
import { csvLine } from "./csv.ts";

/**
 * `predictions.csv`: the test examples in order, each with what it was answered. The columns are `text`,
 * `textPair` if the task has pairs, `label`; `answer`, `confidence` and `exitLayer` of the cascade at a
 * threshold; `fullAnswer` and `fullConfidence` of the full model, the last exit. Confidences are maximum
 * softmax probabilities, to six decimals.
 *
 * @param labels their names, in the order of the logits
 * @param exitLayers the layer that each exit reads, `[E]`
 */
export function predictionsCsv(
  examples: readonly RawExample[],
  test: PredictedSplit,
  {
    labels,
    exitLayers,
    threshold,
  }: { labels: readonly string[]; exitLayers: readonly number[]; threshold: number },
): string {
  const pairs = examples.some((example) => example.textPair !== undefined);
  const exits = exitsAt(test, threshold);
  const last = exitLayers.length - 1;
  const answered = (exit: number, i: number) => [
    labels[test.predicted[exit]?.[i] ?? 0] ?? "",
    Number((test.confidences[exit]?.[i] ?? NaN).toFixed(6)),
  ];
  const head = ["text", ...(pairs ? ["textPair"] : []), "label", "answer", "confidence"];
  const lines = examples.map(({ text, textPair = "", label }, i) => {
    const exit = exits[i] ?? last;
    return csvLine([
      text,
      ...(pairs ? [textPair] : []),
      label,
      ...answered(exit, i),
      exitLayers[exit] ?? NaN,
      ...answered(last, i),
    ]);
  });
  return csvLine([...head, "exitLayer", "fullAnswer", "fullConfidence"]) + lines.join("");
}
