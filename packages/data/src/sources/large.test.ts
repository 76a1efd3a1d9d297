import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFolder } from "@sweetspot/hub";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parquetFile } from "../testing/write-parquet.ts";
import { batchPlan } from "../splits/batch-plan.ts";
import { datasetTask, readDataset } from "./dataset.ts";
import { withoutDuplicates } from "../splits/duplicates.ts";
import { predictClasses } from "@sweetspot/statistics";
import { readOwnFile } from "./own-file.ts";
import { splitRows } from "../splits/splits.ts";

/** More than a call takes as arguments. */
const rows = 130_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "large-"));
});
afterAll(() => rm(folder, { recursive: true }));

const texts = Array.from({ length: rows }, (_, i) => `text ${i}`);
const labels = texts.map((_, i) => (i % 2 === 0 ? "no" : "yes"));

test("a data set's split may have more rows than a call can have arguments", async () => {
  const big = join(folder, "big");
  await mkdir(big);
  const columns = [
    { name: "text", strings: texts },
    { name: "label", strings: labels },
  ];
  await writeFile(join(big, "train.parquet"), parquetFile(columns));
  await writeFile(join(big, "test.csv"), "text,label\na,no\nb,yes\n");
  await writeFile(
    join(big, "test.parquet"),
    parquetFile(columns.map((c) => ({ ...c, strings: c.strings.slice(0, 2) }))),
  );
  const repository = await openFolder(big);
  const source = await readDataset(
    repository,
    await datasetTask(repository, "big", { text: "text" }),
  );
  expect(source.examples).toHaveLength(rows);
  expect(source.examples[rows - 1]).toEqual({ text: `text ${rows - 1}`, label: "yes" });
});

test.each([
  ["csv", () => ["text,label", ...texts.map((text, i) => `${text},${labels[i]}`)].join("\n")],
  ["jsonl", () => texts.map((text, i) => JSON.stringify({ text, label: labels[i] })).join("\n")],
] as const)("so may a file of one's own, %s", async (extension, content) => {
  const file = join(folder, `big.${extension}`);
  await writeFile(file, content());
  const { examples } = await readOwnFile({ file, text: "text", label: "label" });
  expect(examples).toHaveLength(rows);
});

test("copies, splits and the batch plan of so many rows", () => {
  const examples = texts.map((text, i) => ({ text, label: labels[i] ?? "" }));
  expect(withoutDuplicates([...examples, ...examples])).toMatchObject({ duplicatesRemoved: rows });
  const split = splitRows(
    labels.map((label) => (label === "no" ? 0 : 1)),
    { calibrationSize: 0.1, thresholdSize: 0.1, trainSize: "all" },
    { seed: 1, where: "big" },
  );
  expect(split.train).toHaveLength(0.45 * rows);
  const plan = batchPlan({ lengths: texts.map(() => 7), batchSize: 1, epochs: 1, seed: 1 });
  expect(plan).toHaveLength(rows);
});

test("too many classes", () => {
  const x = {
    offsets: Int32Array.of(0, 1),
    columns: Int32Array.of(0),
    values: Float64Array.of(1),
    width: 1,
  };
  const weights = new Float64Array(2 * rows);
  weights[7] = 1;
  expect([...predictClasses(x, weights, rows)]).toEqual([7]);
});
