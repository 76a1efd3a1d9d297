import { writeFile } from "node:fs/promises";
import { diskError } from "@sweetspot/artifact";
import { onnxModel, optimiseInference } from "@sweetspot/compile";
import type { Checkpoint } from "@sweetspot/model";
import { segmentGraph, type SegmentRange } from "./segment-graph.ts";

/**
 * Writes one segment as an ONNX file, flushed to the disk.
 *
 * @throws as `segmentGraph` does; Error with the fix if the disk cannot be written
 */
export async function writeSegment(
  path: string,
  checkpoint: Checkpoint,
  range: SegmentRange,
): Promise<void> {
  const pieces = onnxModel(optimiseInference(segmentGraph(checkpoint, range)));
  await writeFile(path, pieces, { flush: true }).catch((cause: unknown) => {
    throw diskError(`cannot write ${path}`, cause);
  });
}
