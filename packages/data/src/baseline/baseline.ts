import { type Artifact, type Baseline, baselineSchema, readJsonAs } from "@sweetspot/artifact";
import { tfIdf, vocabularyOf } from "./bag-of-words.ts";
import { fitLogisticRegression, predictClasses } from "@sweetspot/statistics";
import { countsOf } from "../groups.ts";
import { labelIndices } from "../splits/prepare.ts";
import type { Example } from "../sources/examples.ts";
import type { SplitName } from "../splits/splits.ts";

/** Strengths of the L2 penalty that are tried, the strongest first. */
const regularisations = [0.01, 0.003, 0.001, 0.0003, 0.0001];
/** So many examples are trained on, and chosen by: more take long and help little. */
const mostExamples = 10_000;

/** A regression and how many examples of the threshold split it answers rightly. */
interface Fit {
  regularisation: number;
  weights: Float64Array;
  right: number;
}

/** Reads `baseline.json` of an artifact of the stage `data`. @throws TypeError if it has another format */
export async function readBaseline(data: Artifact): Promise<Baseline> {
  const path = data.path("baseline.json");
  return readJsonAs(path, baselineSchema);
}

/**
 * Trains a bag of words on the training split, its first 10,000 examples if there are more, chooses
 * the regularisation on the threshold split (the same number at most), and tests it on the test split.
 *
 * @param labels in the order of the logits
 */
export function baselineOf(
  splits: Readonly<Record<SplitName, readonly Example[]>>,
  labels: readonly string[],
): Baseline {
  const train = splits.train.slice(0, mostExamples);
  const vocabulary = vocabularyOf(train);
  const rowsOf = (examples: readonly Example[]) => {
    const names = examples.map((e) => e.label);
    return { x: tfIdf(examples, vocabulary), y: Int32Array.from(labelIndices(names, labels)) };
  };
  const correctOf = ({ x, y }: ReturnType<typeof rowsOf>, weights: Float64Array) =>
    predictClasses(x, weights, labels.length).filter((k, i) => k === y[i]).length;
  const { x, y } = rowsOf(train);
  const threshold = rowsOf(splits.threshold.slice(0, mostExamples));
  let best: Fit = { regularisation: NaN, weights: new Float64Array(), right: -1 };
  let start: Float64Array | undefined;
  for (const regularisation of regularisations) {
    const problem = { classes: labels.length, regularisation };
    // What a stronger penalty ends with is near to what the next ends with.
    const weights = fitLogisticRegression(x, y, { ...problem, ...(start && { start }) });
    const right = correctOf(threshold, weights);
    if (right > best.right) best = { regularisation, weights, right };
    start = weights;
  }
  const n = splits.test.length;
  const correct = correctOf(rowsOf(splits.test), best.weights);
  return {
    format: "sweetspot-baseline-1",
    majority: majorityOf(splits.test, labels),
    bagOfWords: { accuracy: correct / n, correct, n, regularisation: best.regularisation },
  };
}

function majorityOf(examples: readonly Example[], labels: readonly string[]): Baseline["majority"] {
  const counts = countsOf(examples.map((e) => e.label));
  const shares = labels.map((label) => ({
    label,
    share: (counts.get(label) ?? 0) / examples.length,
  }));
  return shares.reduce((most, other) => (other.share > most.share ? other : most));
}
