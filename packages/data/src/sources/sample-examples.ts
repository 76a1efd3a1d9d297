import { labelIndices } from "../splits/prepare.ts";
import type { TaskExamples } from "./source.ts";
import { type SplitSizes, stratifiedOrder } from "../splits/splits.ts";

/** Fewer than this are quickly tokenised, needed or not. */
const few = 20_000;
/** How many examples are kept for one that is needed: copies and empty ones will be left out. */
const spare = 2;

/** How many examples the splits take, if all of their sizes are whole numbers. */
export function neededExamples(sizes: SplitSizes): number | undefined {
  const { calibrationSize, thresholdSize, testSize, trainSize } = sizes;
  if (trainSize === "all") return undefined;
  const wanted = [calibrationSize, thresholdSize, testSize ?? 0];
  if (wanted.some((size) => size > 0 && size < 1)) return undefined;
  return wanted.reduce((a, b) => a + b, trainSize);
}

/**
 * A source of very many examples cut to twice as many as are needed, seeded and stratified, so that the
 * rest need not be tokenised; one of fewer as it is. Where the first examples are trained on, they stay
 * first.
 *
 * @param needed see `neededExamples`; official test examples are not cut
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
