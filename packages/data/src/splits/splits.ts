import { groupsBy } from "../groups.ts";
import { keepGroupsTogether } from "./grouped-split.ts";
import { splitmix32, shuffled, uniform } from "@sweetspot/statistics";

/** A split, named after its purpose. */
export type SplitName = "train" | "calibration" | "threshold" | "test";

/** The splits, in the order in which they are listed. */
export const splitNames: readonly SplitName[] = ["train", "calibration", "threshold", "test"];

/**
 * Orders all rows, seeded, so that any stretch has each label in nearly its overall share: at most one
 * row more or less.
 *
 * The rows of each label are shuffled and spread evenly over `[0, 1)`, from an offset of its own.
 *
 * @param labels `[N]`, the label of each row, `0 .. K - 1`
 * @returns `[N]`, the rows
 */
export function stratifiedOrder(labels: readonly number[], seed: number): number[] {
  const placed = [...groupsBy(labels.keys(), (row) => labels[row] ?? -1)].flatMap(
    ([label, rows]) => {
      const random = splitmix32(seed, label);
      const start = uniform(random);
      return shuffled(rows, random).map((row, i) => ({
        row,
        label,
        at: (i + start) / rows.length,
      }));
    },
  );
  return placed.sort((a, b) => a.at - b.at || a.label - b.label).map(({ row }) => row);
}

/** The size of each split: a whole number of examples, or a share of all, in (0, 1). */
export interface SplitSizes {
  calibrationSize: number;
  thresholdSize: number;
  /** By default 0.35 of all, or all official test examples if there are any. */
  testSize?: number | undefined;
  /** A cap; `all` takes every example that the other splits leave. */
  trainSize: number | "all";
  /** `first` trains on the first rows, whatever the seed; by default they are drawn. */
  trainSelection?: "seeded" | "first";
}

/** The rows of each split. */
export interface SplitRows extends Record<SplitName, number[]> {
  /** The number of rows in no split because the rest of their group is held out. */
  leftOut: number;
}

/**
 * Makes four disjoint, stratified splits. The held-out ones come first in the order, so `trainSize` does
 * not change them, and a smaller training split is the start of a larger one. No group is in two splits;
 * `keepGroupsTogether` says what that leaves out.
 *
 * @param labels `[N]`, the label of each row, `0 .. K - 1`
 * @param where the task's name in errors
 * @param testLabels the labels of the official test examples, if any; they are the test split
 * @param groups `[N]`, the group of each row, if it has one
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
      `${where}: the splits need at least ${held + classes} examples, but there are ${total}: ${calibration} for calibration, ${threshold} for threshold,${testLabels === undefined ? ` ${test} for test` : ""} and ${classes} to train on, one of each label; add examples, or lower calibrationSize, thresholdSize or testSize`,
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
      `${where}: expected ${held} examples to hold out, but without the groups of the first ${first} only ${rows.length} are left; lower trainSize`,
    );
  }
  // Training examples are the first in the file, or the last in the order.
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

/** Some rows in a stratified order. */
function stratified(rows: readonly number[], labels: readonly number[], seed: number): number[] {
  const order = stratifiedOrder(
    rows.map((row) => labels[row] ?? -1),
    seed,
  );
  return order.flatMap((i) => rows[i] ?? []);
}
