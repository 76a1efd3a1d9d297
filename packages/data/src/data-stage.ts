import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Json, ragged, type StageContext } from "@sweetspot/artifact";
import { withoutDuplicates } from "./duplicates.ts";
import { readEmbeddedTask } from "./embedded-tasks.ts";
import { writeSplit } from "./encoded-split.ts";
import { labelNames } from "./label-names.ts";
import { encoderTokenizerJson } from "./load-tokenizer.ts";
import { readOwnFile } from "./own-file.ts";
import type { Example } from "./source.ts";
import { type SplitName, splitNames, splitRows } from "./splits.ts";
import type { DataSettings } from "./stage.ts";
import { type EncodedText, textTokenizer } from "./tokenizer.ts";

type EncodedExample = Example & EncodedText;

/**
 * The stage `data`. Leaves `labels.json`, `tokenizer.json` and, for each split, `SPLIT.safetensors`
 * (what `readSplit` reads) and `SPLIT.jsonl` (the raw examples, in the same order).
 */
export async function runData({
  settings,
  output,
  log,
}: StageContext<DataSettings>): Promise<Record<string, Json>> {
  const { task, encoder, maxLength, seed } = settings;
  const tokenizerJson = await encoderTokenizerJson(encoder);
  const tokenizer = textTokenizer(tokenizerJson);
  const source = await (typeof task === "string" ? readEmbeddedTask(task) : readOwnFile(task));
  const encoded = source.examples.map((e) => ({
    ...e,
    ...tokenizer.encode(e.text, e.textPair, { maxLength }),
  }));
  const texts = encoded.filter((e) => !e.empty);
  if (texts.every((e) => e.unknown)) {
    throw new RangeError(
      texts.length === 0
        ? `${source.name}: all of its ${encoded.length} texts are empty; name the column of the text`
        : `${source.name}: not one of its ${texts.length} texts has a token that the vocabulary of ${encoder} knows; choose an encoder of its language`,
    );
  }
  const { examples, duplicatesRemoved, conflictsRemoved } = withoutDuplicates(texts);
  const labels = labelNames(
    examples.map((e) => e.label),
    source.name,
  );
  const indexOf = new Map(labels.map((label, i) => [label, i]));
  const index = (e: Example) => indexOf.get(e.label) ?? -1;
  const rows = splitRows(examples.map(index), settings, { seed, where: source.name });
  const splits = Object.fromEntries(
    splitNames.map((split) => [split, rows[split].flatMap((row) => examples[row] ?? [])]),
  ) as Record<SplitName, typeof examples>;
  const trained = new Set(splits.train.map((e) => e.label));
  const untrained = labels.find((label) => !trained.has(label));
  if (untrained !== undefined) {
    throw new RangeError(
      `${source.name}: no example of the label "${untrained}" is left to train on (${examples.filter((e) => e.label === untrained).length} of ${examples.length} examples have it, ${splits.train.length} are trained on); add examples of it, raise trainSize, or leave the label out`,
    );
  }

  await writeFile(join(output, "labels.json"), line(labels));
  await writeFile(join(output, "tokenizer.json"), line(tokenizerJson));
  for (const split of splitNames) {
    const members = splits[split];
    await writeSplit(join(output, `${split}.safetensors`), {
      inputIds: ragged(members.map((e) => e.inputIds)),
      tokenTypeIds: ragged(members.map((e) => e.tokenTypeIds)),
      labels: Int32Array.from(members, index),
    });
    await writeFile(join(output, `${split}.jsonl`), members.map((e) => line(raw(e))).join(""));
  }

  const removed = {
    withoutLabel: source.withoutLabel,
    emptyRemoved: encoded.length - texts.length,
    duplicatesRemoved,
    conflictsRemoved,
  };
  const whole = splitFacts(examples, labels);
  log(
    `${source.name}: ${examples.length} examples (${splitNames.map((s) => `${s} ${splits[s].length}`).join(", ")}), ${labels.length} labels, ${whole.truncated} truncated to ${maxLength} tokens; left out: ${removed.withoutLabel} without label, ${removed.emptyRemoved} empty, ${duplicatesRemoved} duplicates, ${conflictsRemoved} duplicates with different labels`,
  );
  return {
    labels,
    maxLength,
    ...(source.sha256 === undefined ? {} : { sourceSha256: source.sha256 }),
    ...whole,
    majorityShare: Math.max(...Object.values(whole.perLabel)) / examples.length,
    ...removed,
    splits: Object.fromEntries(splitNames.map((s) => [s, splitFacts(splits[s], labels)])),
  };
}

/** Counts of a split, or of all of them. */
function splitFacts(examples: readonly EncodedExample[], labels: readonly string[]) {
  const perLabel = Object.fromEntries(labels.map((label) => [label, 0]));
  for (const { label } of examples) perLabel[label] = (perLabel[label] ?? 0) + 1;
  return {
    examples: examples.length,
    perLabel,
    tokens: examples.reduce((sum, e) => sum + e.inputIds.length, 0),
    longest: examples.reduce((longest, e) => Math.max(longest, e.inputIds.length), 0),
    truncated: examples.filter((e) => e.truncated).length,
    unknownOnly: examples.filter((e) => e.unknown).length,
  };
}

function raw({ text, textPair, label }: Example): Example {
  return { text, ...(textPair === undefined ? {} : { textPair }), label };
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
