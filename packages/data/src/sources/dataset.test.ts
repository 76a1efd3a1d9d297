import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openFolder } from "@sweetspot/hub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parquetFile } from "../testing/write-parquet.ts";
import { datasetTask, readDataset } from "./dataset.ts";

const fixture = join(import.meta.dirname, "..", "..", "reference", "parquet", "snappy.parquet");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dataset-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A data set's folder: `parquet` copies the fixture, anything else is the file's text. */
async function dataset(name: string, files: Record<string, string>) {
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, name, file);
    await mkdir(dirname(path), { recursive: true });
    await (content === "parquet" ? cp(fixture, path) : writeFile(path, content));
  }
  return openFolder(join(folder, name));
}

const csv = "text,label\nx,1\ny,0\n";

describe("datasetTask", () => {
  it("knows GLUE's columns and test split, and orders shards", async () => {
    const repository = await dataset("glue", {
      "mnli/train-00001-of-00002.parquet": "parquet",
      "mnli/train-00000-of-00002.parquet": "parquet",
      "mnli/validation_matched-00000-of-00001.parquet": "parquet",
      "mnli/validation_mismatched-00000-of-00001.parquet": "parquet",
      "sst2/train-00000-of-00001.parquet": "parquet",
      "sst2/validation-00000-of-00001.parquet": "parquet",
      "stsb/train-00000-of-00001.parquet": "parquet",
      "README.md": "",
    });
    expect(await datasetTask(repository, "nyu-mll/glue", { config: "mnli" })).toMatchObject({
      text: "premise",
      textPair: "hypothesis",
      label: "label",
      trainFiles: ["mnli/train-00000-of-00002.parquet", "mnli/train-00001-of-00002.parquet"],
      testFiles: ["mnli/validation_matched-00000-of-00001.parquet"],
    });
    expect(await datasetTask(repository, "glue", { config: "sst2" })).not.toHaveProperty(
      "textPair",
    );
    await expect(datasetTask(repository, "glue", { config: "stsb" })).rejects.toThrow(
      /stsb is not one of GLUE's classification tasks \(cola, sst2/,
    );
    await expect(datasetTask(repository, "glue", { config: "mmli" })).rejects.toThrow(
      /no configuration "mmli", did you mean "mnli"/,
    );
    await expect(datasetTask(repository, "glue", {})).rejects.toThrow(
      "name one of its configurations (config): mnli, sst2, stsb",
    );
  });

  it("tests on the file called test rather than on one with a keyword of validation", async () => {
    const files = { "train.csv": csv, "test.csv": csv, "dev.csv": csv, "val_b.csv": csv };
    const named = await dataset("named", files);
    expect((await datasetTask(named, "n", { text: "text" })).testFiles).toEqual(["test.csv"]);
    const words = { "my_train.csv": csv, "my_test.csv": csv, "my_dev.csv": csv };
    const keywords = await dataset("keywords", words);
    expect((await datasetTask(keywords, "k", { text: "text" })).testFiles).toEqual(["my_dev.csv"]);
  });

  it("finds the only configuration, and a test split where there is no validation", async () => {
    const repository = await dataset("plain", {
      "data/train-00000-of-00001.parquet": "parquet",
      "data/test-00000-of-00001.parquet": "parquet",
      "data/train.csv": csv,
    });
    const columns = { text: "sentence", textPair: "kind" };
    const task = await datasetTask(repository, "me/plain", columns);
    expect(task).toMatchObject({
      ...columns,
      trainFiles: ["data/train-00000-of-00001.parquet"],
      testFiles: ["data/test-00000-of-00001.parquet"],
    });
    const source = await readDataset(repository, task);
    expect(source.labels).toEqual(["bad", "good"]);
    expect(source.examples).toHaveLength(22);
    expect(source.test?.[0]).toEqual({
      text: "Sentence 0: naïve café 東京 🙂",
      textPair: "news",
      label: "bad",
    });
    await expect(
      datasetTask(repository, "me/plain", { ...columns, testSplit: "dev" }),
    ).rejects.toThrow(/default: no split "dev", did you mean/);
    await expect(datasetTask(repository, "me/plain", {})).rejects.toThrow(
      "name the column of the text (text)",
    );
  });

  it("reads CSV splits as well, and says what it expects of a folder without any", async () => {
    const repository = await dataset("csv", { "train.csv": csv, "validation.csv": csv });
    const task = await datasetTask(repository, "csv", { text: "text" });
    const { examples, test, labels } = await readDataset(repository, task);
    expect([examples.length, test?.length, labels]).toEqual([2, 2, undefined]);
    const none = await dataset("none", { "notes.txt": "" });
    await expect(datasetTask(none, "none", {})).rejects.toThrow(
      /expected parquet, CSV, TSV, JSON Lines or JSON files named after their split/,
    );
  });

  const hash = "a09b74b3ef9c3b56";
  it.each<[string, string[], string[], string[]]>([
    [
      "shards with a hash, in order",
      [
        `data/train-00001-of-00002-b${hash}.csv`,
        `data/train-00000-of-00002-c${hash}.csv`,
        `data/test-00000-of-00001-${hash}.csv`,
      ],
      [`data/train-00000-of-00002-c${hash}.csv`, `data/train-00001-of-00002-b${hash}.csv`],
      [`data/test-00000-of-00001-${hash}.csv`],
    ],
    [
      "numbered files in a folder of their split, as the Hub converts",
      ["default/train/0001.csv", "default/train/0000.csv", "default/test/0000.csv"],
      ["default/train/0000.csv", "default/train/0001.csv"],
      ["default/test/0000.csv"],
    ],
    [
      "any files in a folder of their split",
      ["train/b.csv", "train/a.csv", "dev/c.csv"],
      ["train/a.csv", "train/b.csv"],
      ["dev/c.csv"],
    ],
    [
      "JSON files",
      ["train.json", "test.json", "dataset_infos.json"],
      ["train.json"],
      ["test.json"],
    ],
    [
      "a keyword in the name",
      ["my_train_file.csv", "my_test_file.csv"],
      ["my_train_file.csv"],
      ["my_test_file.csv"],
    ],
    [
      "other keywords",
      ["Training.csv", "x-dev.csv", "data-eval.csv"],
      ["Training.csv"],
      ["x-dev.csv"],
    ],
    [
      "a name over a keyword",
      ["train.csv", "train_small.csv", "eval.csv"],
      ["train.csv"],
      ["eval.csv"],
    ],
  ])("finds %s", async (name, files, train, test) => {
    const repository = await dataset(
      name,
      Object.fromEntries(
        files.map((file) => [
          file,
          file.endsWith("json") ? '[{"text":"x","label":1},{"text":"y","label":0}]' : csv,
        ]),
      ),
    );
    const task = await datasetTask(repository, name, { text: "text" });
    expect([task.trainFiles, task.testFiles]).toEqual([train, test]);
    expect((await readDataset(repository, task)).examples).toHaveLength(2 * train.length);
  });

  it("names the configuration of numbered files", async () => {
    const files = ["a/train/0000.csv", "a/test/0000.csv", "b/train/0000.csv", "b/test/0000.csv"];
    const repository = await dataset("two", Object.fromEntries(files.map((file) => [file, csv])));
    expect(await datasetTask(repository, "two", { text: "text", config: "b" })).toMatchObject({
      trainFiles: ["b/train/0000.csv"],
    });
    await expect(datasetTask(repository, "two", { text: "text" })).rejects.toThrow(
      "name one of its configurations (config): a, b",
    );
  });

  it.each<[string, string[], RegExp]>([
    [
      "a shard that is missing",
      ["train-00000-of-00003.csv", "train-00002-of-00003.csv"],
      /default: split "train": expected 3 shards, but number 1 \(counted from 0\) is missing/,
    ],
    [
      "the last that is missing",
      ["train-00000-of-00002.csv"],
      /expected 2 shards, but number 1 \(counted from 0\) is missing/,
    ],
    [
      "a numbered file that is missing",
      ["train/0000.csv", "train/0002.csv"],
      /split "train": expected 2 shards, but number 1 .* is missing/,
    ],
    [
      "two sets of shards",
      ["train-00000-of-00001-a.csv", "train-00000-of-00001-b.csv"],
      /expected the shards of one set, got train-00000-of-00001-a.csv and train-00000-of-00001-b.csv; remove/,
    ],
    [
      "two sets of other sizes",
      ["train-00000-of-00001.csv", "train-00000-of-00002-a.csv", "train-00001-of-00002-a.csv"],
      /expected the shards of one set, got train-00000-of-00001.csv and train-00000-of-00002-a.csv/,
    ],
    [
      "several files with a keyword",
      ["my_train.csv", "train_small.csv"],
      /the split "train" could be my_train or train_small; name one of them/,
    ],
  ])("refuses %s", async (name, files, expected) => {
    const repository = await dataset(
      name,
      Object.fromEntries([...files, "test.csv"].map((file) => [file, csv])),
    );
    await expect(datasetTask(repository, name, { text: "text" })).rejects.toThrow(expected);
  });

  it("drops a class without an example, and names the file in notes", async () => {
    const features = {
      info: { features: { label: { _type: "ClassLabel", names: ["bad", "unused", "good"] } } },
    };
    const repository = await dataset("classes", {
      "test.csv": "text,label\nx,good\ntext,label\ny,bad\n",
    });
    const columns = [
      { name: "text", strings: ["a", "b", "c"] },
      { name: "label", integers: [0n, 2n, -1n] },
    ];
    await writeFile(join(folder, "classes", "train.parquet"), parquetFile(columns, {}, features));
    const reopened = await openFolder(join(folder, "classes"));
    const source = await readDataset(
      reopened,
      await datasetTask(reopened, "classes", { text: "text" }),
    );
    expect([source.labels, source.withoutLabel, repository.name]).toEqual([
      ["bad", "good"],
      1,
      join(folder, "classes"),
    ]);
    expect(source.notes?.map((n) => n.message)).toEqual([
      "test.csv: a row repeats the header, as in joined files; left out",
      'the class "unused" has no example, so it is left out',
    ]);
  });
});
