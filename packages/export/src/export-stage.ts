import { copyFile, mkdir, open, writeFile } from "node:fs/promises";
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
  type StageContext,
} from "@sweetspot/artifact";
import { type Checkpoint, longestText, readCheckpoint } from "@sweetspot/model";
import { z } from "zod";
import { checkedSentences, checkMember, tolerance } from "./check-member.ts";
import { segmentRanges } from "./segment-graph.ts";
import type { ExportSettings } from "./settings.ts";
import { writeSegment } from "./write-segment.ts";

/**
 * The stage `export`. Writes `bundle.json`, `tokenizer.json` and `member-N/segment-K.onnx`, and checks each
 * member against its training definition on sentences of the calibration split.
 *
 * @throws RangeError if a member's logits differ from the training definition's by more than 1e-4
 *   or are not finite, or if the checkpoints were trained on other data
 */
export async function runExport({
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
  const sentences = checkedSentences(await readSplit(data, "calibration"));
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
    const segments = await writeMember(output, `member-${i + 1}`, checkpoint);
    const paths = segments.map((s) => join(output, s.file));
    const difference = await checkMember(checkpoint, paths, sentences, trained);
    log(
      `model ${i + 1} of ${cascade.members.length}  segments: ${segments.length}, logits within ${difference.toExponential(1)} of the training definition`,
    );
    members.push({ segments });
  }
  const bundle: BundleFile = {
    format: "sweetspot-bundle-1",
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
    checkedExamples: rowCount(sentences.inputIds),
    // The limit, not the measured difference, which varies between machines.
    logitsWithin: tolerance,
  };
}

async function writeMember(
  output: string,
  folder: string,
  checkpoint: Checkpoint,
): Promise<BundleSegment[]> {
  await mkdir(join(output, folder));
  const segments: BundleSegment[] = [];
  for (const [k, range] of segmentRanges(checkpoint.exitLayers).entries()) {
    const file = `${folder}/segment-${k + 1}.onnx`;
    await writeSegment(join(output, file), checkpoint, range);
    const { after, exitLayer } = range;
    segments.push({ file, exitLayer, layers: exitLayer - after });
  }
  return segments;
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
