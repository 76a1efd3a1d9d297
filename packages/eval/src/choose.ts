import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Json, type StageContext, cellResultsSchema, readJsonAs } from "@sweetspot/artifact";
import type { ChooseSettings } from "./settings.ts";

/** `choice.json`: the regime chosen for a method, and the scores behind the choice. */
export interface Choice {
  format: "sweetspot-choice-1";
  chosen: string;
  /** In the order of the settings. */
  regimes: {
    regime: string;
    /** The mean over tasks and seeds of `byTask`. */
    score: number;
    /** The mean accuracy of the exits, each alone, on the calibration split, averaged over seeds. */
    byTask: Record<string, number>;
  }[];
}

/**
 * The stage `choose`: chooses among the regimes that a method was trained under. It takes the one whose
 * exits are the most accurate on the calibration split, averaged over tasks; of equals, the first. It
 * reads neither the test split nor the threshold split, on which promises are made.
 *
 * @throws RangeError unless all regimes were tried on the same tasks with the same seeds
 */
export async function runChoose({
  settings,
  inputs,
  output,
  log,
}: StageContext<ChooseSettings>): Promise<Record<string, Json>> {
  const scores: { task: string; regime: string; seed: number; score: number }[] = [];
  for (const { input, task, regime, seed } of settings.cells) {
    const artifact = inputs[input];
    if (artifact === undefined) throw new RangeError(`choose: no input "${input}"`);
    const file = artifact.path("results.json");
    const { calibrationSplit } = await readJsonAs(file, cellResultsSchema);
    if (calibrationSplit === undefined)
      throw new RangeError(
        `${file}: expected calibrationSplit, got none; run the stage eval again`,
      );
    scores.push({ task, regime, seed, score: mean(calibrationSplit.exits) });
  }
  const choice = chooseRegime(scores);
  await writeFile(join(output, "choice.json"), `${JSON.stringify(choice, undefined, 2)}\n`);
  const scored = choice.regimes.map(({ regime, score }) => `${regime} ${(100 * score).toFixed(1)}`);
  log(`choose  ${choice.chosen} (exits on the calibration split: ${scored.join(", ")})`);
  return { chosen: choice.chosen };
}

/** Chooses by the scores of every regime on every task with every seed. @throws RangeError as `runChoose` */
export function chooseRegime(
  scores: readonly { task: string; regime: string; seed: number; score: number }[],
): Choice {
  const places = (regime: string) =>
    scores
      .filter((s) => s.regime === regime)
      .map((s) => JSON.stringify([s.task, s.seed]))
      .sort()
      .join();
  const names = [...new Set(scores.map((s) => s.regime))];
  const [first] = names;
  if (first === undefined) throw new RangeError("choose: expected at least one regime, got none");
  const other = names.find((regime) => places(regime) !== places(first));
  if (other !== undefined)
    throw new RangeError(
      `choose: the regimes ${first} and ${other} must be tried on the same tasks with the same seeds`,
    );
  const regimes = names.map((regime) => {
    const own = scores.filter((s) => s.regime === regime);
    const byTask = Object.fromEntries(
      [...new Set(own.map((s) => s.task))].map((task) => [
        task,
        mean(own.filter((s) => s.task === task).map((s) => s.score)),
      ]),
    );
    return { regime, score: mean(own.map((s) => s.score)), byTask };
  });
  const best = regimes.reduce((a, b) => (b.score > a.score ? b : a));
  return { format: "sweetspot-choice-1", chosen: best.regime, regimes };
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
