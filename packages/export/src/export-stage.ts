import { copyFile, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Artifact,
  type BundleFile,
  type BundleSegment,
  cascadeSchema,
  type Json,
  parse,
  parseJson,
  readJsonAs,
  readSplit,
  rowCount,
  precisions,
  type StageContext,
} from "@sweetspot/artifact";
import { longestText, readCheckpoint } from "@sweetspot/model";
import { z } from "zod";
import { calibrationSentences } from "./calibration.ts";
import { checkedSentences, tolerance } from "./check-member.ts";
import type { ExportSettings } from "./settings.ts";
import { writeMember } from "./write-member.ts";

/**
 * The stage `export`. Writes `bundle.json`, `tokenizer.json` and, by its setting `precision`,
 * `member-N/segment-K.onnx`, `member-N/segment-K.int8.onnx` or both. It checks each member in fp32 against its
 * training definition, on sentences of the calibration split. int8 gets its ranges from texts of the
 * training split (`calibrationSentences`).
 *
 * @throws RangeError if a member's logits differ from the training definition's by more than 1e-4
 *   or are not finite, or if the checkpoints were trained on other data
 */
export async function runExport({
  settings,
  inputs,
  output,
  log,
}: StageContext<ExportSettings>): Promise<Record<string, Json>> {
  const { data, train } = inputs;
  if (data === undefined || train === undefined)
    throw new RangeError("export: expected the inputs data and train");
  if (train.manifest.inputs["data"] !== data.sha256) {
    throw new RangeError(
      `export: ${train.dir} was not trained on ${data.dir}; pass the data that it was trained on`,
    );
  }
  const cascade = await readJsonAs(train.path("cascade.json"), cascadeSchema);
  const written = precisions.filter((p) => [p, "both"].includes(settings.precision));
  const texts = {
    checked: checkedSentences(await readSplit(data, "calibration")),
    calibration: written.includes("int8")
      ? calibrationSentences(await readSplit(data, "train"))
      : undefined,
  };
  const members: { segments: BundleSegment[] }[] = [];
  let labels: string[] = [];
  let vocabSize = Infinity;
  let maxLength = maximumLength(data);
  for (const [i, { folder }] of cascade.members.entries()) {
    const trained = join(train.dir, folder);
    const checkpoint = await readCheckpoint(trained);
    labels = [...checkpoint.labels];
    vocabSize = Math.min(vocabSize, checkpoint.config.vocabSize);
    maxLength = Math.min(maxLength, longestText(checkpoint.config));
    const name = `member-${i + 1}`;
    const { segments, difference } = await writeMember(
      output,
      name,
      checkpoint,
      texts,
      written,
      trained,
    );
    log(
      `model ${i + 1} of ${cascade.members.length}  segments: ${segments.length}, logits within ${difference.toExponential(1)} of the training definition`,
    );
    members.push({ segments });
  }
  const bundle: BundleFile = {
    format: "sweetspot-bundle-2",
    method: cascade.method,
    labels,
    layers: cascade.layers,
    maxLength,
    pairs: await readsPairs(data),
    vocabSize,
    members,
  };
  await writeFile(join(output, "bundle.json"), `${JSON.stringify(bundle, undefined, 2)}\n`);
  await copyFile(data.path("tokenizer.json"), join(output, "tokenizer.json"));
  return {
    method: cascade.method,
    segments: members.reduce((n, m) => n + m.segments.length, 0),
    ...(texts.calibration !== undefined && {
      calibrationExamples: rowCount(texts.calibration.inputIds),
    }),
    checkedExamples: rowCount(texts.checked.inputIds),
    // The limit, not the measured difference, which varies between machines.
    logitsWithin: tolerance,
  };
}

const lineSchema = z.looseObject({ textPair: z.string().optional() });

/** Whether the texts are pairs, judged by the first of the calibration split. */
async function readsPairs(data: Artifact): Promise<boolean> {
  const file = data.path("calibration.jsonl");
  const handle = await open(file);
  try {
    for await (const line of handle.readLines())
      return parse(lineSchema, parseJson(line, file), file).textPair !== undefined;
    throw new RangeError(
      `${file}: expected a text on each line, got none; run the stage data again`,
    );
  } finally {
    await handle.close();
  }
}

function maximumLength(data: Artifact): number {
  const { settings } = data.manifest;
  const value =
    settings !== null && typeof settings === "object" && !Array.isArray(settings)
      ? settings["maxLength"]
      : undefined;
  if (typeof value !== "number")
    throw new TypeError(
      `${join(data.dir, "manifest.json")}: its settings have no number "maxLength"; run the stage data again`,
    );
  return value;
}
