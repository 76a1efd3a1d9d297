import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openFolder } from "@sweetspot/hub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datasetTask, readDataset } from "./dataset.ts";

const fixture = join(import.meta.dirname, "..", "reference", "parquet", "snappy.parquet");
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
  it("knows GLUE's columns and its tested split, and puts shards in order", async () => {
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
    ).rejects.toThrow(/no split "dev" of default, did you mean/);
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
      /expected parquet, CSV, TSV or JSON Lines files called after their split/,
    );
  });
});
