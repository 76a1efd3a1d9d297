import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, type Json, type StageContext, writeSafetensors } from "@sweetspot/artifact";
import { evaluate, rightAnswers } from "./evaluate.ts";
import { paperThresholds } from "./paper-thresholds.ts";
import {
  type Predictions,
  readJson,
  readLogits,
  readPredictedSplit,
  readPredictions,
} from "./predictions.ts";
import type { EvalSettings } from "./stage.ts";
import { fitTemperature } from "./temperature.ts";
import { timingSchema } from "./timing.ts";

/**
 * The stage `eval`. Leaves `results.json` (`CellResults`) and `right-answers.safetensors`
 * (`RightAnswers`: int32 `exits` [E, N] and `atBudget` [B, N]).
 */
export async function runEval({
  settings,
  inputs,
  output,
  log,
}: StageContext<EvalSettings>): Promise<Record<string, Json>> {
  const { predict, time } = inputs;
  if (predict === undefined || time === undefined) {
    throw new RangeError("eval: the inputs predict and time are needed");
  }
  const predictions = await readPredictions(predict);
  const temperatures = await temperaturesOf(predict, predictions, settings.temperature);
  const test = await readPredictedSplit(predict, predictions, "test", temperatures);
  const timingFile = time.path("timing.json");
  const timing = await readJson(timingFile, timingSchema);
  const { confidence } = settings;
  const thresholds =
    settings.thresholds === "paper"
      ? paperThresholds(predictions.labels.length)
      : settings.thresholds;
  const results = {
    ...evaluate(predictions, test, timing, { thresholds, confidence }, timingFile),
    ...(temperatures && { temperatures }),
  };
  await writeFile(join(output, "results.json"), `${JSON.stringify(results)}\n`);
  const right = rightAnswers(results, test);
  const n = results.examples;
  await writeSafetensors(join(output, "right-answers.safetensors"), {
    exits: { shape: [right.exits.length, n], data: flat(right.exits, n) },
    atBudget: { shape: [right.atBudget.length, n], data: flat(right.atBudget, n) },
  });
  log(
    `eval  ${results.method}  ${results.exits.map((e) => `layer ${e.exitLayer}: ${(100 * e.accuracy).toFixed(1)}`).join("  ")}  (n ${results.examples})`,
  );
  return { method: results.method, examples: results.examples, points: results.curve.length };
}

/** Each exit's temperature, fitted on a split. */
async function temperaturesOf(
  predict: Artifact,
  predictions: Predictions,
  split: EvalSettings["temperature"],
): Promise<number[] | undefined> {
  if (split === "off") return undefined;
  const { logits, labels } = await readLogits(predict, predictions, split);
  return logits.map((exit) => fitTemperature(exit, labels));
}

function flat(rows: readonly Uint8Array[], n: number): Int32Array {
  const data = new Int32Array(rows.length * n);
  rows.forEach((row, i) => data.set(row, i * n));
  return data;
}
