import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Json, ragged, type StageContext } from "@sweetspot/artifact";
import { withoutDuplicates } from "./duplicates.ts";
import { readEmbeddedTask } from "./embedded-tasks.ts";
import { writeSplit } from "./encoded-split.ts";
import { encoderTokenizerJson } from "./load-tokenizer.ts";
import { splitNames, splitRows } from "./splits.ts";
import type { DataSettings } from "./stage.ts";
import { textTokenizer } from "./tokenizer.ts";

/** The stage `data`. */
export async function runData({
  settings,
  output,
}: StageContext<DataSettings>): Promise<Record<string, Json>> {
  const { task, maxLength } = settings;
  if (typeof task !== "string") throw new RangeError("data: own files are not read yet");
  const tokenizerJson = await encoderTokenizerJson(settings.encoder);
  const tokenizer = textTokenizer(tokenizerJson);
  const source = await readEmbeddedTask(task);
  const { examples, duplicatesRemoved, conflictsRemoved } = withoutDuplicates(source.examples);
  const labels = [...new Set(examples.map((e) => e.label))].sort();
  const encoded = examples.map((e) => ({
    ...tokenizer.encode(e.text, e.textPair, { maxLength }),
    label: labels.indexOf(e.label),
    example: e,
  }));
  const rows = splitRows(
    encoded.map((e) => e.label),
    settings,
    settings.seed,
  );
  await writeFile(join(output, "labels.json"), json(labels));
  await writeFile(join(output, "tokenizer.json"), json(tokenizerJson));
  for (const name of splitNames) {
    const members = rows[name].flatMap((i) => encoded[i] ?? []);
    await writeSplit(join(output, `${name}.safetensors`), {
      inputIds: ragged(members.map((m) => m.inputIds)),
      tokenTypeIds: ragged(members.map((m) => m.tokenTypeIds)),
      labels: Int32Array.from(members, (m) => m.label),
    });
    await writeFile(join(output, `${name}.jsonl`), members.map((m) => json(m.example)).join(""));
  }
  return {
    labels,
    examples: encoded.length,
    truncated: encoded.filter((e) => e.truncated).length,
    duplicatesRemoved,
    conflictsRemoved,
    withoutLabel: source.withoutLabel,
    maxLength,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
