import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Artifact,
  type CellResults,
  type RawExample,
  readRawSplit,
} from "@sweetspot/artifact";
import type { PredictedSplit, SplitLogits } from "../predictions.ts";
import { findMistakes } from "./mistakes.ts";
import { predictionsCsv } from "./predictions-csv.ts";

/** The share of the full model's cost at which `predictions.csv` shows the cascade. */
const shownBudget = 0.5;

/**
 * Writes `predictions.csv` and `mistakes.json`, if `data` has the texts.
 *
 * @param logits of the held-out splits, by name
 * @throws RangeError that names the file if its examples are not those of the predictions
 */
export async function writeTexts(
  output: string,
  data: Artifact | undefined,
  results: CellResults,
  test: PredictedSplit,
  logits: Readonly<Record<"test" | "calibration" | "threshold", SplitLogits>>,
): Promise<void> {
  if (data?.manifest.files["test.jsonl"] === undefined) return;
  const { labels, exits, atBudget, curve, temperatures } = results;
  const read = async (split: "test" | "calibration" | "threshold") => {
    const examples = await readRawSplit(data, split);
    same(data.path(`${split}.jsonl`), examples, logits[split].labels, labels);
    return { split, examples, ...logits[split] };
  };
  const tested = await read("test");
  const splits = [tested, await read("calibration"), await read("threshold")];
  // The cheapest budget from half on; if even the first exit costs more than all, the full model.
  const point = atBudget.find(({ budget }) => budget >= shownBudget) ?? curve.at(-1);
  const csv = predictionsCsv(tested.examples, test, {
    labels,
    exitLayers: exits.map((exit) => exit.exitLayer),
    threshold: point?.threshold ?? 1,
  });
  await writeFile(join(output, "predictions.csv"), csv);
  const mistakes = findMistakes(splits, labels, temperatures?.at(-1));
  await writeFile(join(output, "mistakes.json"), `${JSON.stringify(mistakes)}\n`);
}

function same(
  file: string,
  examples: readonly RawExample[],
  given: Int32Array,
  labels: readonly string[],
): void {
  const other = examples.findIndex(({ label }, i) => label !== labels[given[i] ?? -1]);
  if (examples.length === given.length && other === -1) return;
  throw new RangeError(
    other === -1
      ? `${file}: expected the ${given.length} examples of the predictions, got ${examples.length}; give eval the data that predict read`
      : `${file}: line ${other + 1} must have the label of the predictions, "${labels[given[other] ?? -1] ?? ""}", got "${examples[other]?.label}"; give eval the data that predict read`,
  );
}
