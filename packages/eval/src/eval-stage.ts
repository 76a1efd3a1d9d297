import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  baselineSchema,
  type CellResults,
  type Json,
  type PromiseResult,
  readGradientConflict,
  readJsonAs,
  type StageContext,
  timingSchema,
  writeOutcomes,
  writeRightAnswers,
} from "@sweetspot/artifact";
import { type ExitCosts, exitCosts } from "./curves/curve-point.ts";
import { evaluateCalibration } from "./calibration/evaluate-calibration.ts";
import { areaToFullModel, evaluateOracle, evaluateRules } from "./exit-rules/evaluate-rules.ts";
import { evaluate, rightAnswers } from "./evaluate.ts";
import { cascadeExits } from "./curves/exit-cost.ts";
import { paperThresholds } from "./curves/paper-thresholds.ts";
import {
  type PredictedSplit,
  predictedSplit,
  readLogits,
  readPredictions,
  type SplitLogits,
} from "./predictions.ts";
import { candidateThresholds, kept, learnThenTest } from "./promise.ts";
import { speedAccuracyCurve } from "./curves/speed-accuracy.ts";
import { taskMetric } from "./metrics/task-metric.ts";
import type { EvalSettings } from "./settings.ts";
import { fitTemperature } from "./calibration/temperature.ts";
import { writeTexts } from "./texts/write-texts.ts";

/**
 * The stage `eval`. Writes `results.json` (`CellResults`), `right-answers.safetensors`
 * (`RightAnswers`) and `outcomes.safetensors` (`Outcomes`); with the texts of `data` also
 * `predictions.csv` and `mistakes.json` (`Mistakes`).
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
  const timingFile = time.path("timing.json");
  const timing = await readJsonAs(timingFile, timingSchema);
  const read = (split: string) => readLogits(predict, predictions, split);
  const logits = {
    test: await read("test"),
    calibration: await read("calibration"),
    threshold: await read("threshold"),
  };
  const classes = predictions.labels.length;
  const temperatures = temperaturesOf(logits, settings.temperature);
  const predicted = (split: SplitLogits) => predictedSplit(split, classes, temperatures);
  const labelled = ({ logits: exits, labels }: SplitLogits) => ({
    logits: exits,
    labels,
    classes,
    temperatures,
  });
  const splits = {
    test: predicted(logits.test),
    calibration: predicted(logits.calibration),
    threshold: predicted(logits.threshold),
  };
  const { test } = splits;
  const { confidence } = settings;
  const costs = exitCosts(predictions, timing, timingFile);
  const thresholds =
    settings.thresholds === "paper" ? paperThresholds(classes) : settings.thresholds;
  const metric = settings.metric ?? taskMetric(inputs["data"]);
  const train = predictions.splits["train"] && predicted(await read("train"));
  const results: CellResults = {
    ...evaluate(predictions, test, timing, { thresholds, confidence, metric }, timingFile),
    ...(temperatures && { temperatures }),
    rules: evaluateRules(
      settings.rules,
      { ...labelled(logits.test), correct: test.correct },
      labelled(logits.calibration),
      costs,
      confidence,
    ),
    oracle: evaluateOracle(test.correct, costs),
    calibration: evaluateCalibration(
      logits.calibration,
      logits.test,
      cascadeExits(predictions.members).map((exit) => exit.exitLayer),
      classes,
    ),
    promises: promisesOf(settings.promises, splits, costs),
    calibrationSplit: {
      exits: exitAccuracies(splits.calibration),
      area: areaToFullModel(speedAccuracyCurve(splits.calibration), costs),
    },
    ...(train && { training: { exits: exitAccuracies(train) } }),
    ...(await fromOthers(inputs)),
  };
  await writeFile(join(output, "results.json"), `${JSON.stringify(results)}\n`);
  await writeRightAnswers(join(output, "right-answers.safetensors"), rightAnswers(results, test));
  await writeOutcomes(join(output, "outcomes.safetensors"), test);
  await writeTexts(output, inputs["data"], results, test, logits);
  log(
    `eval  ${results.method}  ${results.exits.map((e) => `layer ${e.exitLayer}: ${(100 * e.accuracy).toFixed(1)}`).join("  ")}  (n ${results.examples})`,
  );
  return { method: results.method, examples: results.examples, points: results.curve.length };
}

/** Results from the artifacts of `data` and `train`, if they are given. */
async function fromOthers({
  data,
  train,
}: StageContext<EvalSettings>["inputs"]): Promise<Pick<CellResults, "conflict" | "baseline">> {
  const conflict = train && (await readGradientConflict(train));
  const hasBaseline = data?.manifest.files["baseline.json"] !== undefined;
  const baseline = hasBaseline && (await readJsonAs(data.path("baseline.json"), baselineSchema));
  return {
    ...(conflict && { conflict }),
    ...(baseline && { baseline: baseline.bagOfWords }),
  };
}

/** Each exit's temperature, fitted on a split. */
function temperaturesOf(
  splits: Readonly<Record<"calibration" | "test", SplitLogits>>,
  split: EvalSettings["temperature"],
): number[] | undefined {
  if (split === "off") return undefined;
  const { logits, labels } = splits[split];
  return logits.map((exit) => fitTemperature(exit, labels));
}

/** Tests each promise on the threshold split, at candidate thresholds from the calibration split. */
function promisesOf(
  promises: EvalSettings["promises"],
  splits: Readonly<Record<"test" | "calibration" | "threshold", PredictedSplit>>,
  costs: ExitCosts,
): PromiseResult[] {
  const candidates = candidateThresholds(splits.calibration);
  const [onThreshold, onTest] = [
    { ...splits.threshold, ...costs },
    { ...splits.test, ...costs },
  ];
  return promises.map(({ confidence, ...promise }): PromiseResult => {
    const certified = learnThenTest(promise, onThreshold, candidates, confidence);
    const about = { promise, confidence, ...certified };
    if (certified.threshold === null) return about;
    return {
      ...about,
      onThreshold: kept(onThreshold, certified.threshold),
      onTest: kept(onTest, certified.threshold),
    };
  });
}

function exitAccuracies({ correct }: PredictedSplit): number[] {
  return correct.map((row) => Array.from(row).reduce((a, b) => a + b, 0) / row.length);
}
