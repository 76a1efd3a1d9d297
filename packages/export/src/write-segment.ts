import { writeFile } from "node:fs/promises";
import { diskError } from "@sweetspot/artifact";
import { type Graph, onnxModel, optimiseInference } from "@sweetspot/compile";
import type { Checkpoint } from "@sweetspot/model";
import { segmentGraph, type SegmentRange } from "./segment-graph.ts";

/**
 * Writes one segment as an ONNX file in fp32, flushed to the disk.
 *
 * @throws as `segmentGraph` does; Error with the fix if the disk cannot be written
 */
export async function writeSegment(
  path: string,
  checkpoint: Checkpoint,
  range: SegmentRange,
): Promise<void> {
  await writeGraph(path, inferenceGraph(checkpoint, range));
}

/** A segment as it is written in fp32. @throws as `segmentGraph` does */
export function inferenceGraph(checkpoint: Checkpoint, range: SegmentRange): Graph {
  return optimiseInference(segmentGraph(checkpoint, range));
}

/** Writes a graph, flushed to the disk. @throws Error with the fix if the disk cannot be written */
export async function writeGraph(path: string, graph: Graph): Promise<void> {
  await writeFile(path, onnxModel(graph), { flush: true }).catch((cause: unknown) => {
    throw diskError(`cannot write ${path}`, cause);
  });
}
