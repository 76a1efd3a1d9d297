import { didYouMean } from "@sweetspot/artifact";
import type { Repository } from "@sweetspot/hub";
import { configsOf, filesOf, testSplitOf } from "./dataset-files.ts";
import { glue, isGlue } from "./glue.ts";
import { examplesOf, notesIn, readTable } from "./own-file.ts";
import { withOneSpelling } from "./label-spelling.ts";
import type { DataNote, Example, TaskExamples } from "./examples.ts";

/** Which part of a data set is the task. */
export interface DatasetColumns {
  /** A configuration, such as GLUE's `rte`; by default the only one. */
  config?: string | undefined;
  /** The column of the text; known for GLUE. */
  text?: string | undefined;
  /** The column of the second text, for sentence pairs. */
  textPair?: string | undefined;
  /** The column of the label; `label` by default. */
  label?: string | undefined;
  /** The split to train on; `train` by default. */
  trainSplit?: string | undefined;
  /** The split to test on; by default `validation`, or `test` if there is none of that name. */
  testSplit?: string | undefined;
}

/** A task in a data set: its columns and its files. */
export interface DatasetTask {
  /** Its name in errors. */
  name: string;
  text: string;
  textPair?: string;
  label: string;
  /** What it is judged by; accuracy if absent. */
  metric?: string;
  trainFiles: readonly string[];
  testFiles: readonly string[];
}

/**
 * Finds a task in a data set's repository, by the names of its files.
 *
 * @param name the repository's name without its revision, which identifies GLUE
 * @throws RangeError that lists the choices if the configuration, a split or the text's column is
 *   missing or ambiguous
 */
export async function datasetTask(
  repository: Repository,
  name: string,
  columns: DatasetColumns,
): Promise<DatasetTask> {
  const where = repository.name;
  const configs = configsOf(await repository.files());
  if (configs.size === 0) {
    throw new RangeError(
      `${where}: expected parquet, CSV, TSV, JSON Lines or JSON files named after their split, such as train-00000-of-00001.parquet, got none`,
    );
  }
  const known = [...configs.keys()];
  const config = columns.config ?? (known.length === 1 ? known[0] : "default");
  const splits = config === undefined ? undefined : configs.get(config);
  if (config === undefined || splits === undefined) {
    const fix =
      columns.config === undefined
        ? `name one of its configurations (config): ${known.join(", ")}`
        : `no configuration "${columns.config}", ${didYouMean(columns.config, known)}`;
    throw new RangeError(`${where}: ${fix}`);
  }
  const task = isGlue(name) ? glue[config] : undefined;
  if (isGlue(name) && task === undefined && columns.text === undefined) {
    throw new RangeError(
      `${where}: ${config} is not one of GLUE's classification tasks (${Object.keys(glue).join(", ")}); name its columns to use it anyway`,
    );
  }
  const text = columns.text ?? task?.text;
  if (text === undefined) throw new RangeError(`${where}: name the column of the text (text)`);
  const textPair = columns.text === undefined ? task?.textPair : columns.textPair;
  const files = (split: string) => filesOf(splits, split, `${where}: ${config}`);
  const testSplit = columns.testSplit ?? task?.testSplit ?? testSplitOf(splits);
  return {
    name: `${where} ${config}`,
    text,
    ...(textPair !== undefined && { textPair }),
    label: columns.label ?? "label",
    // Another column is another task.
    ...(task?.metric !== undefined && columns.label === undefined && { metric: task.metric }),
    trainFiles: files(columns.trainSplit ?? "train"),
    testFiles: files(testSplit),
  };
}

/**
 * Reads a task of a data set; files on the Hub are fetched.
 *
 * @throws Error, TypeError or RangeError as `datasetTask` and `readOwnFile`
 */
export async function readDataset(
  repository: Repository,
  task: DatasetTask,
): Promise<TaskExamples> {
  const read = async (files: readonly string[]) => {
    const examples: Example[] = [];
    const notes: DataNote[] = [];
    let withoutLabel = 0;
    let classes: readonly string[] | undefined;
    for (const file of files) {
      const table = await readTable(await repository.path(file), task);
      const part = examplesOf(table, task);
      for (const example of part.examples) examples.push(example);
      for (const note of notesIn(file, part)) notes.push(note);
      withoutLabel += part.withoutLabel;
      classes ??= table.classes?.[task.label];
    }
    return { examples, withoutLabel, classes, notes };
  };
  const train = await read(task.trainFiles);
  const test = await read(task.testFiles);
  return withOneSpelling({
    name: task.name,
    examples: train.examples,
    test: test.examples,
    withoutLabel: train.withoutLabel + test.withoutLabel,
    ...(task.metric !== undefined && { metric: task.metric }),
    notes: [...train.notes, ...test.notes],
    ...(train.classes !== undefined && { labels: train.classes }),
  });
}
