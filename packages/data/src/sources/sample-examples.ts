import { labelIndices } from "../splits/prepare.ts";
import type { TaskExamples } from "./examples.ts";
import { type SplitSizes, stratifiedOrder } from "../splits/splits.ts";

/** This many are tokenised quickly, needed or not. */
const few = 20_000;
/** How many examples are kept per needed one, since copies and empty ones will be left out. */
const spare = 2;

/** How many examples the splits need; undefined unless all sizes are whole numbers. */
export function neededExamples(sizes: SplitSizes): number | undefined {
  const { calibrationSize, thresholdSize, testSize, trainSize } = sizes;
  if (trainSize === "all") return undefined;
  const wanted = [calibrationSize, thresholdSize, testSize ?? 0];
  if (wanted.some((size) => size > 0 && size < 1)) return undefined;
  return wanted.reduce((a, b) => a + b, trainSize);
}

/**
 * Draws twice as many examples as are needed from very many, seeded and stratified, so that the rest
 * need not be tokenised; fewer examples are returned unchanged. For `trainSelection: "first"` it keeps
 * the first examples instead.
 *
 * @param needed see `neededExamples`; official test examples are all kept
 */
export function sampleExamples(
  source: TaskExamples,
  needed: number,
  { seed, trainSelection }: Pick<SplitSizes, "trainSelection"> & { seed: number },
): TaskExamples {
  const { examples } = source;
  const kept = spare * needed;
  if (examples.length <= Math.max(few, kept)) return source;
  if (trainSelection === "first") return { ...source, examples: examples.slice(0, kept) };
  const names = examples.map((e) => e.label);
  const order = stratifiedOrder(labelIndices(names, [...new Set(names)]), seed);
  const rows = order.slice(0, kept).sort((a, b) => a - b);
  return { ...source, examples: rows.flatMap((row) => examples[row] ?? []) };
}
