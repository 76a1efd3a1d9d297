import { keepGroupsTogether } from "./grouped-split.ts";
import { splitmix32, shuffled, uniform } from "@sweetspot/statistics";

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
    const random = splitmix32(seed, label);
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

/** The rows of each split. */
export interface SplitRows extends Record<SplitName, number[]> {
  /** How many rows are in no split because the rest of their group is held out. */
  leftOut: number;
}

/**
 * Four disjoint, stratified splits. Those held out come first in the order, so `trainSize` does not
 * change them, and a smaller training split is the beginning of a larger one. No group lies in two
 * of them; see `keepGroupsTogether` for what that leaves out.
 *
 * @param labels `[N]`, the label of each row, `0 .. K - 1`
 * @param where names what is split in errors
 * @param testLabels those of the official test examples; the test split's rows are then theirs
 * @param groups `[N]`, the group of each row, where rows have such
 * @throws RangeError if there are fewer rows than the splits need
 */
export function splitRows(
  labels: readonly number[],
  { calibrationSize, thresholdSize, testSize, trainSize, trainSelection }: SplitSizes,
  place: { seed: number; where: string },
  testLabels?: readonly number[],
  groups?: readonly (string | undefined)[],
): SplitRows {
  const { seed, where } = place;
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
  const firstGroups = new Set(groups?.slice(0, first));
  firstGroups.delete(undefined);
  const rows = Array.from({ length: total - first }, (_, i) => first + i).filter(
    (row) => !firstGroups.has(groups?.[row]),
  );
  if (rows.length < held) {
    throw new RangeError(
      `${where}: without the groups of the first ${first} examples ${rows.length} are left of the ${held} to be held out; lower trainSize`,
    );
  }
  // Those trained on come first in the file, or last in the order.
  const order = stratified(rows, labels, seed);
  const ungrouped = [
    order.slice(0, test),
    order.slice(test, test + threshold),
    order.slice(test + threshold, held),
  ];
  const unheld = order.slice(held);
  const grouped =
    groups && keepGroupsTogether({ stretches: ungrouped, rest: unheld }, labels, groups, place);
  const [testRows = [], thresholdRows = [], calibrationRows = []] = grouped?.held ?? ungrouped;
  const rest = grouped === undefined ? unheld : stratified(grouped.rest, labels, seed);
  const official = testLabels && stratifiedOrder(testLabels, seed);
  return {
    train: first > 0 ? Array.from({ length: first }, (_, row) => row) : rest.slice(0, most),
    calibration: calibrationRows,
    threshold: thresholdRows,
    test:
      official === undefined
        ? testRows
        : official.slice(0, testSize === undefined ? undefined : count(testSize, official.length)),
    leftOut: total - first - rows.length + (grouped?.leftOut ?? 0),
  };
}

/** Some of the rows in a stratified order. */
function stratified(rows: readonly number[], labels: readonly number[], seed: number): number[] {
  const order = stratifiedOrder(
    rows.map((row) => labels[row] ?? -1),
    seed,
  );
  return order.flatMap((i) => rows[i] ?? []);
}
