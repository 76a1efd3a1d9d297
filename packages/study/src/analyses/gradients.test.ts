import { expect, test } from "vitest";
import { studyCell } from "../../test/study-cells.ts";
import { conflictShare } from "./conflict-share.ts";
import { gradientsOf } from "./gradients.ts";

const accuracies = [0.6, 0.7, 0.8, 0.9];
const cell = (task: string, method: string, seed: number, conflicts?: number) =>
  studyCell({
    task,
    method,
    seed,
    accuracies,
    examples: 23,
    ...(conflicts === undefined ? {} : { conflicts }),
  });

const cells = [
  cell("alpha", "early-exit", 1, 0.1),
  cell("alpha", "early-exit", 2, 0.3),
  cell("beta", "early-exit", 1, 0.5),
  cell("control", "early-exit", 1, 1),
  cell("alpha", "sweet", 1, 0.2),
  cell("alpha", "multi-model", 1),
];

test("gradientsOf takes the mean over trainings, by layer and classifiers", () => {
  const [early, sweet, ...rest] = gradientsOf(cells);
  expect(rest).toEqual([]);
  // Exits after layers 1, 2, 3 and 5: four reach the embeddings and layer 1, three layer 2, two layer 3.
  expect(early?.pairs.length).toBe(6 + 6 + 3 + 1);
  expect(early?.pairs[0]).toEqual({
    layer: 0,
    exits: [1, 2],
    cosine: expect.closeTo(0.4 - 1.9 / 4, 12),
    conflicts: expect.closeTo(1.9 / 4, 12),
  });
  expect(early?.alignments.find((a) => a.layer === 3 && a.exit === 5)?.cosine).toBeCloseTo(0.4, 12);
  expect(sweet?.pairs).toEqual([]);
  expect(sweet?.alignments.map((a) => [a.layer, a.exit])).toEqual([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 5],
    [5, 5],
  ]);
});

test("conflictShare weighs tasks equally and leaves out controls", () => {
  const share = conflictShare(cells, "early-exit", ["control"]);
  expect(share?.share).toBeCloseTo((0.2 + 0.5) / 2, 12);
  expect(share?.cosine).toBeCloseTo(0.4 - 0.35, 12);
  expect(share?.perTask.map((t) => [t.task, t.control, t.share])).toEqual([
    ["alpha", false, expect.closeTo(0.2, 12)],
    ["beta", false, 0.5],
    ["control", true, 1],
  ]);
  expect(conflictShare(cells, "sweet")).toBeUndefined();
});
