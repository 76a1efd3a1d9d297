import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openRepository } from "@sweetspot/hub";
import { type Json, ragged, type StageContext, writeSplit } from "@sweetspot/artifact";
import { z } from "zod";
import { baselineOf } from "./baseline/baseline.ts";
import { dataReport } from "./splits/data-report.ts";
import { readEmbeddedTask } from "./tasks/embedded-tasks.ts";
import { encoderTokenizerJson } from "./encoder-tokenizer.ts";
import { readDataset, datasetTask } from "./sources/dataset.ts";
import { readOwnFile } from "./sources/own-file.ts";
import { labelIndices, type Prepared, prepareSplits } from "./splits/prepare.ts";
import { neededExamples, sampleExamples } from "./sources/sample-examples.ts";
import type { Example, TaskExamples } from "./sources/examples.ts";
import { splitNames } from "./splits/splits.ts";
import type { DataSettings } from "./settings.ts";
import { textTokenizer } from "@sweetspot/tokenizer";

/**
 * Runs the stage `data`. Writes `labels.json`, `tokenizer.json`, `baseline.json` (read by
 * `readBaseline`) and, for each split, `SPLIT.safetensors` (read by `readSplit`) and `SPLIT.jsonl` (the
 * raw examples, in the same order).
 */
export async function runData({
  settings,
  output,
  log,
}: StageContext<DataSettings>): Promise<Record<string, Json>> {
  const { task, encoder, ...rest } = settings;
  const tokenizerJson = await encoderTokenizerJson(encoder, log);
  const source = await readTask(task, log);
  const needed = neededExamples(rest);
  const sampled = needed === undefined ? source : sampleExamples(source, needed, rest);
  const prepared = prepareSplits(sampled, textTokenizer(tokenizerJson), rest);
  const { labels, counts } = prepared;
  await writeFile(join(output, "labels.json"), line(labels));
  await writeFile(join(output, "tokenizer.json"), line(tokenizerJson));
  for (const split of splitNames) {
    const examples = prepared.splits[split];
    const names = examples.map((e) => e.label);
    await writeSplit(join(output, `${split}.safetensors`), {
      inputIds: ragged(examples.map((e) => e.inputIds)),
      tokenTypeIds: ragged(examples.map((e) => e.tokenTypeIds)),
      labels: Int32Array.from(labelIndices(names, labels)),
    });
    await writeFile(join(output, `${split}.jsonl`), examples.map(rawLine).join(""));
  }
  await writeFile(join(output, "baseline.json"), line(baselineOf(prepared.splits, labels)));
  log(`${source.name}: ${summary(prepared, settings.maxLength)}`);
  const report = dataReport(sampled, prepared, unknownIdOf(tokenizerJson));
  for (const { message } of report) log(`${source.name}: note: ${message}`);
  return {
    labels,
    maxLength: settings.maxLength,
    ...(source.metric === undefined ? {} : { metric: source.metric }),
    ...(source.sha256 === undefined ? {} : { sourceSha256: source.sha256 }),
    ...(sampled === source ? {} : { sampledFrom: source.examples.length }),
    ...counts,
    majorityShare:
      Object.values(counts.perLabel).reduce((most, n) => Math.max(most, n), 0) / counts.examples,
    ...prepared.removed,
    splits: prepared.splitCounts,
    report,
  };
}

/** Reads the labelled text of a task. @param log called with the progress of a download */
export async function readTask(
  task: DataSettings["task"],
  log: (line: string) => void,
): Promise<TaskExamples> {
  if (typeof task === "string") return readEmbeddedTask(task);
  if ("file" in task) return readOwnFile(task);
  const repository = await openRepository(task.dataset, { type: "dataset", log });
  const name = "hub" in task.dataset ? task.dataset.hub : task.dataset.folder;
  return readDataset(repository, await datasetTask(repository, name, task));
}

function summary(prepared: Prepared, maxLength: number): string {
  const { labels, counts, splitCounts, removed } = prepared;
  const sizes = splitNames.map((split) => `${split} ${splitCounts[split].examples}`).join(", ");
  const notes = [
    [counts.truncated, `truncated to ${maxLength} tokens`],
    [counts.unknownOnly, "with unknown tokens only"],
    [removed.withoutLabel, "left out without a label"],
    [removed.emptyRemoved, "left out as empty"],
    [removed.duplicatesRemoved, "left out as copies"],
    [removed.conflictsRemoved, "left out as copies with different labels"],
    [removed.testCopiesRemoved ?? 0, "left out as copies of test examples"],
    [removed.groupRestRemoved ?? 0, "left out because the rest of their group is held out"],
  ] as const;
  const shown = notes.filter(([n]) => n > 0).map(([n, what]) => `; ${n} ${what}`);
  return `${counts.examples} examples of ${labels.length} labels (${sizes})${shown.join("")}`;
}

/** An example without its ids; JSON leaves out what it lacks. */
function rawLine({ text, textPair, label, group }: Example): string {
  return line({ text, textPair, label, group });
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

const modelSchema = z.looseObject({
  model: z.looseObject({
    unk_token: z.string().nullish(),
    unk_id: z.int().nullish(),
    vocab: z.unknown(),
  }),
});

/** The id of the unknown token in a `tokenizer.json`; undefined if it has none. */
function unknownIdOf(tokenizerJson: unknown): number | undefined {
  const { data } = modelSchema.safeParse(tokenizerJson);
  if (data === undefined) return undefined;
  const { unk_token: token, unk_id: id, vocab } = data.model;
  if (typeof id === "number") return id;
  if (typeof token !== "string" || typeof vocab !== "object" || vocab === null) return undefined;
  const found = (vocab as Record<string, unknown>)[token];
  return typeof found === "number" ? found : undefined;
}
