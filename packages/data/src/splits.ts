import { randomStream, shuffled, uniform } from "./random.ts";

/** What a split is for. */
export type SplitName = "train" | "calibration" | "threshold" | "test";

/** The splits, in the order in which they are told. */
export const splitNames: readonly SplitName[] = ["train", "calibration", "threshold", "test"];

/**
 * All rows in one seeded order of which any stretch holds each label in nearly its overall share:
 * at most one row more or less than the share of it.
 *
 * The rows of a label are shuffled and spread evenly over `[0, 1)`, from a start of the label's own.
 *
 * @param labels `[N]`, the label of each row, `0 .. K - 1`
 * @returns `[N]`, the rows
 */
export function stratifiedOrder(labels: readonly number[], seed: number): number[] {
  const groups = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  });
  const placed: { row: number; label: number; at: number }[] = [];
  for (const [label, rows] of groups) {
    const random = randomStream(seed, label);
    const start = uniform(random);
    shuffled(rows, random).forEach((row, i) =>
      placed.push({ row, label, at: (i + start) / rows.length }),
    );
  }
  return placed.sort((a, b) => a.at - b.at || a.label - b.label).map(({ row }) => row);
}

/** How many examples a split is to have: a whole number of them, or a share of all, in (0, 1). */
export interface SplitSizes {
  calibrationSize: number;
  thresholdSize: number;
  /** By default 0.35 of all, or all of the official test examples where there are such. */
  testSize?: number | undefined;
  /** A cap: the examples that the other splits leave, or the first so many of them. */
  trainSize: number | "all";
  /** `first` trains on the first rows, whatever the seed; by default they are drawn. */
  trainSelection?: "seeded" | "first";
}

/**
 * Four disjoint, stratified splits. Those held out come first in the order, so `trainSize` does not
 * change them, and a smaller training split is the beginning of a larger one.
 *
 * @param labels `[N]`, the label of each row, `0 .. K - 1`
 * @param where names what is split in errors
 * @param testLabels those of the official test examples; the test split's rows are then theirs
 * @returns the rows of each split
 * @throws RangeError if there are fewer rows than the splits need
 */
export function splitRows(
  labels: readonly number[],
  { calibrationSize, thresholdSize, testSize, trainSize, trainSelection }: SplitSizes,
  { seed, where }: { seed: number; where: string },
  testLabels?: readonly number[],
): Record<SplitName, number[]> {
  const total = labels.length;
  const count = (size: number, of = total) =>
    size < 1 ? Math.max(1, Math.round(size * of)) : size;
  const test = testLabels === undefined ? count(testSize ?? 0.35) : 0;
  const threshold = count(thresholdSize);
  const calibration = count(calibrationSize);
  const held = test + threshold + calibration;
  const classes = new Set(labels).size;
  if (held + classes > total) {
    throw new RangeError(
      `${where}: the splits need at least ${held + classes} examples, there are ${total}: ${calibration} for calibration, ${threshold} for threshold,${testLabels === undefined ? ` ${test} for test` : ""} and ${classes} to train on, one of each label; add examples, or lower calibrationSize, thresholdSize or testSize`,
    );
  }
  const most = Math.min(trainSize === "all" ? Infinity : trainSize, total - held);
  const first = trainSelection === "first" ? most : 0;
  // Those trained on come first in the file, or last in the order.
  const order = stratifiedOrder(labels.slice(first), seed).map((row) => row + first);
  const official = testLabels && stratifiedOrder(testLabels, seed);
  return {
    train:
      first > 0 ? Array.from({ length: first }, (_, row) => row) : order.slice(held, held + most),
    calibration: order.slice(test + threshold, held),
    threshold: order.slice(test, test + threshold),
    test:
      official === undefined
        ? order.slice(0, test)
        : official.slice(0, testSize === undefined ? undefined : count(testSize, official.length)),
  };
}
