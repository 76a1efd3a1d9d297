import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BundleSegment, Precision } from "@sweetspot/artifact";
import { quantise } from "@sweetspot/compile";
import type { Checkpoint } from "@sweetspot/model";
import { calibrate, firstFeeds, quantiseOptions } from "./calibration.ts";
import { type CheckedSentences, checkMember } from "./check-member.ts";
import { segmentRanges } from "./segment-graph.ts";
import { inferenceGraph, writeGraph } from "./write-segment.ts";

/** What to write a member with. */
export interface MemberTexts {
  /** For the check of the fp32 files against the training definition. */
  checked: CheckedSentences;
  /** For the ranges of int8; left out, no int8 is written. */
  calibration?: CheckedSentences | undefined;
}

/**
 * Writes a model's segments as `FOLDER/segment-K.onnx` and `FOLDER/segment-K.int8.onnx`, and checks the
 * fp32 files. These are written and checked even if only int8 is asked for, and then removed. Each int8 segment
 * gets its ranges from the fp32 graph, on the fp32 outputs of the segments before it.
 *
 * @param output the bundle's folder
 * @param trained the checkpoint's folder, for the errors
 * @returns the segments, and the largest difference between the logits of fp32 and the training definition
 * @throws as `checkMember` and `writeGraph` do
 */
export async function writeMember(
  output: string,
  folder: string,
  checkpoint: Checkpoint,
  texts: MemberTexts,
  precisions: readonly Precision[],
  trained: string,
): Promise<{ segments: BundleSegment[]; difference: number }> {
  await mkdir(join(output, folder));
  const segments: BundleSegment[] = [];
  const checked: string[] = [];
  let feeds = texts.calibration && firstFeeds(texts.calibration);
  for (const [k, range] of segmentRanges(checkpoint.exitLayers).entries()) {
    const names = {
      fp32: `${folder}/segment-${k + 1}.onnx`,
      int8: `${folder}/segment-${k + 1}.int8.onnx`,
    };
    const graph = inferenceGraph(checkpoint, range);
    const fp32 = join(output, names.fp32);
    await writeGraph(fp32, graph);
    checked.push(fp32);
    if (feeds !== undefined) {
      const { ranges, next } = await calibrate(graph, feeds);
      feeds = next;
      await writeGraph(join(output, names.int8), quantise(graph, ranges, quantiseOptions));
    }
    const files = Object.fromEntries(precisions.map((p) => [p, names[p]]));
    segments.push({ files, exitLayer: range.exitLayer, layers: range.exitLayer - range.after });
  }
  const difference = await checkMember(checkpoint, checked, texts.checked, trained);
  if (!precisions.includes("fp32")) await Promise.all(checked.map((file) => rm(file)));
  return { segments, difference };
}
